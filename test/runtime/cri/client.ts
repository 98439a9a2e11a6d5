/**
 * A client of the container runtime interface, by which the kubelet speaks to containerd.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { Client, credentials, Metadata, type ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ImageService, RuntimeService } from "./messages.ts";

/** Both services behind one socket. */
export interface Cri {
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  close(): void;
}

/**
 * Connects to a runtime.
 *
 * @param socket - Path of its Unix socket. Nothing is sent until the first call.
 */
export function connectCri(socket: string): Cri {
  const definitions = loadSync(fileURLToPath(new URL("api.proto", import.meta.url)), {
    keepCase: true,
    enums: String,
    longs: Number,
    defaults: true,
  });
  const client = new Client(`unix://${socket}`, credentials.createInsecure());
  return {
    runtime: calls<RuntimeService>(client, definitions, "runtime.v1.RuntimeService"),
    images: calls<ImageService>(client, definitions, "runtime.v1.ImageService"),
    close: () => client.close(),
  };
}

/** The calls of a service as functions that return promises. */
function calls<Service>(
  client: Client,
  definitions: ReturnType<typeof loadSync>,
  name: string,
): Service {
  const service = definitions[name] as unknown as ServiceDefinition;
  return Object.fromEntries(
    Object.entries(service).map(([method, definition]) => [
      method,
      (request: object) =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(
            definition.path,
            definition.requestSerialize,
            definition.responseDeserialize,
            request,
            new Metadata(),
            { deadline: Date.now() + 120_000 },
            (error, response) => {
              if (error === null) resolve(response);
              else
                reject(new Error(`${method}: ${error.details || error.message}`, { cause: error }));
            },
          );
        }),
    ]),
  ) as Service;
}
