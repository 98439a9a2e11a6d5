/**
 * Writing the body of a request.
 *
 * @module
 */
import type { Writable } from "node:stream";
import { HiatusError } from "../errors.ts";
import { within } from "./deadline.ts";
import type { HttpBody, HttpRequest } from "./transport.ts";

/** What writing has to look at. */
export interface WriteOptions {
  /** Longest time until what was written is taken, in milliseconds. */
  readonly stallTimeout: number;
  /** Makes the error for when it is not. */
  readonly onStall: () => unknown;
  /** Was the exchange decided already, so that the rest need not be sent? */
  readonly isOver: () => boolean;
}

/** Bodies in memory that are larger are written in pieces of so many bytes, so that a standstill is noticed. */
const PIECE = 64 * 1024;

/**
 * Writes the body and ends the request. The last piece goes with the end and, when it is the first, with the header, in one write.
 *
 * @returns false when the exchange was decided before everything was sent.
 * @throws HiatusError `CONTENT` when the body has another size than it says; what the body throws; what `onStall` makes.
 */
export async function writeBody(
  outgoing: Writable,
  body: HttpRequest["body"],
  options: WriteOptions,
): Promise<boolean> {
  const { isOver } = options;
  if (body === undefined || isSmall(body)) {
    outgoing.end(body);
    return true;
  }
  const { size, chunks } = body instanceof Uint8Array ? inPieces(body) : body;
  let held: Uint8Array | undefined;
  let seen = 0;
  for await (const chunk of chunks()) {
    if (isOver()) return false;
    if (chunk.byteLength === 0) continue;
    seen += chunk.byteLength;
    if (seen > size) throw wrongSize(size, `more than ${size}`);
    if (held !== undefined) await write(outgoing, held, options);
    held = chunk;
  }
  if (isOver()) return false;
  if (seen !== size) throw wrongSize(size, `${seen}`);
  outgoing.end(held);
  return true;
}

/** The `Content-Length` of a request. Without one, Node would send the body in chunks, which some registries refuse. */
export function declaredSize({ method, body }: HttpRequest): number | undefined {
  if (body !== undefined) return body instanceof Uint8Array ? body.byteLength : body.size;
  return method === "POST" || method === "PUT" || method === "PATCH" ? 0 : undefined;
}

async function write(
  outgoing: Writable,
  chunk: Uint8Array,
  { stallTimeout, onStall }: WriteOptions,
): Promise<void> {
  if (outgoing.write(chunk) || outgoing.destroyed) return;
  const drained = new Promise<void>((resolve) => {
    const done = (): void => {
      outgoing.removeListener("drain", done);
      outgoing.removeListener("close", done);
      outgoing.removeListener("response", done);
      resolve();
    };
    // A connection that closes, or an answer that comes early, is for somebody else to deal with; here it ends the waiting.
    for (const event of ["drain", "close", "response"]) outgoing.once(event, done);
  });
  await within(drained, stallTimeout, onStall);
}

function isSmall(body: Uint8Array | HttpBody): body is Uint8Array {
  return body instanceof Uint8Array && body.byteLength <= PIECE;
}

function inPieces(bytes: Uint8Array): HttpBody {
  return {
    size: bytes.byteLength,
    async *chunks() {
      for (let at = 0; at < bytes.byteLength; at += PIECE) yield bytes.subarray(at, at + PIECE);
    },
  };
}

function wrongSize(promised: number, found: string): HiatusError {
  return new HiatusError(
    "CONTENT",
    `A request's body has ${found} bytes where ${promised} were promised`,
    {
      detail: { expected: promised },
      hint: "Look at what feeds it: it was cut short, extended or exchanged",
    },
  );
}
