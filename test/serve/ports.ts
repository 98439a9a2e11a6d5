/** Raw HTTP over real ports, for what fetch would mend on the way. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";

/** An answer. */
export interface Raw {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What is sent. */
export interface RawOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Is given the request before its body is sent. */
  readonly onRequest?: (request: ClientRequest) => void;
}

/** Sends a request with its path as it is. Fails when the answer breaks off. */
export function ask(origin: URL, path: string, options: RawOptions = {}): Promise<Raw> {
  const { method = "GET", headers, body, onRequest } = options;
  return new Promise((resolve, reject) => {
    const { hostname, port } = origin;
    const sent = request({ hostname, port, path, method, headers: { ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    sent.on("error", reject);
    onRequest?.(sent);
    sent.end(body);
  });
}

/** Sends bytes, and gives everything that comes back until the other side closes. */
export function sayRaw({ hostname, port }: URL, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      heard += chunk;
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" ? resolve(heard) : reject(error),
    );
    socket.on("close", () => resolve(heard));
  });
}
