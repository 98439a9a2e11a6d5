/** Mirrors as a mirrors file would say them. Without vitest, so that processes of their own can have them. */
import type { Mirror } from "../../../src/release/model.ts";

/** The repository that everything is released to. */
export const REPOSITORY = "team/pause";

/** What the mirrors' credentials are taken from. */
export const CREDENTIALS = { MIRROR_USER: "user", MIRROR_PASSWORD: "password" } as const;

/** A mirror of a file that says no more than the least. */
export function mirrorAt(name: string, host: string, settings: Partial<Mirror> = {}): Mirror {
  return {
    name,
    registry: host,
    repository: REPOSITORY,
    tags: ["1.0", "1"],
    required: true,
    format: "oci",
    inline: "none",
    attachments: "required",
    profile: undefined,
    connection: {
      credentials: { kind: "environment", username: "MIRROR_USER", password: "MIRROR_PASSWORD" },
      ca: undefined,
      cert: undefined,
      key: undefined,
      insecure: false,
      plainHttp: false,
      proxy: "none",
      concurrency: undefined,
      rate: undefined,
    },
    ...settings,
  };
}
