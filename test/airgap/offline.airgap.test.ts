import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { waysOut } from "./ways-out.ts";

/** What a connection to an address comes to, within two seconds. */
function tryToReach(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (what: string) => {
      socket.destroy();
      resolve(what);
    };
    socket.on("connect", () => end("connected"));
    socket.on("timeout", () => end("timeout"));
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

describe("the network of these tests", () => {
  it("has no route out", () => {
    expect(waysOut()).toEqual([]);
  });

  // Addresses for documentation: nobody has them, and without a route the kernel says so at once.
  it.each(["192.0.2.1", "198.51.100.1", "2001:db8::1"])("does not reach %s", async (host) => {
    expect(await tryToReach(host, 443)).toMatch(/^(?:ENETUNREACH|EADDRNOTAVAIL)$/);
  });

  it("knows no names", async () => {
    await expect(lookup("registry.k8s.io")).rejects.toThrow(/EAI_AGAIN|ENOTFOUND/);
  });
});
