/**
 * Tunnels through a proxy.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-connect
 * @module
 */
import type { Socket } from "node:net";
import { HiatusError } from "../errors.ts";
import { portOf, proxyAuthorization } from "./proxy.ts";
import { until } from "./socket-event.ts";
import { printable } from "./text.ts";

/** Most bytes of a proxy's answer. */
const HEAD_LIMIT = 8192;
const END = "\r\n\r\n";

/**
 * Asks a proxy for a tunnel on a connection to it. Afterwards the socket is the other end's.
 *
 * @throws HiatusError `NETWORK` when it refuses or answers what is not HTTP; errors of the socket; the reason of the signal.
 */
export async function openTunnel(
  socket: Socket,
  url: URL,
  proxy: URL,
  signal: AbortSignal,
): Promise<void> {
  const target = `${url.hostname}:${portOf(url)}`;
  const authorization = proxyAuthorization(proxy);
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  socket.write(`${lines.join("\r\n")}${END}`);
  const head = await readHead(socket, signal);
  const [, status, reason = ""] = /^HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?\r\n/.exec(head) ?? [];
  if (status?.startsWith("2")) return;
  const said =
    status === undefined ? "what is not HTTP" : `${status} ${printable(reason, 80)}`.trim();
  throw new HiatusError(
    "NETWORK",
    `The proxy "${proxy.host}" answered ${said} instead of connecting to "${target}"`,
    {
      detail: { proxy: proxy.host, target, status, reason: "EPROXY", sent: false, lasting: true },
      hint:
        status === "407"
          ? "Put user and password into the proxy's URL, in HTTPS_PROXY"
          : "Check HTTPS_PROXY, or name the host in NO_PROXY to reach it directly",
    },
  );
}

/** Reads to the empty line and no further: what follows is the other end's. */
async function readHead(socket: Socket, signal: AbortSignal): Promise<string> {
  let head = "";
  while (!head.includes(END) && head.length <= HEAD_LIMIT) {
    const chunk: unknown = socket.read();
    if (chunk === null) await until(socket, "readable", signal);
    else head += (chunk as Buffer).toString("latin1");
  }
  const end = head.indexOf(END) + END.length;
  if (end < END.length) return "";
  if (head.length > end) socket.unshift(Buffer.from(head.slice(end), "latin1"));
  return head;
}
