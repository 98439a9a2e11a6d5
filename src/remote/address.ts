/**
 * Which addresses the answers of a registry may not lead to: those that only exist around us. A `Location` or token realm that
 * points at a metadata service or at an internal host would make this machine ask in somebody else's name.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 * @module
 */
import { BlockList, isIP } from "node:net";

/** IPv4: "this network", private, shared (CGNAT), loopback, link-local, protocol, documentation, benchmarks, multicast, reserved. */
const NOT_PUBLIC_4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const;

/** IPv6: local-use translation, discard, protocol, documentation, segment routing, unique local, link-local, site-local, multicast. */
const NOT_PUBLIC_6 = [
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const;

/** IPv6 prefixes that carry an IPv4 address, and the 16-bit group where it begins. */
const CARRIERS: readonly (readonly [groups: readonly number[], at: number])[] = [
  // Compatible (unspecified and loopback are among these), mapped, translated.
  [[0, 0, 0, 0, 0, 0], 6],
  [[0, 0, 0, 0, 0, 0xffff], 6],
  [[0, 0, 0, 0, 0xffff, 0], 6],
  // NAT64 and 6to4.
  [[0x64, 0xff9b, 0, 0, 0, 0], 6],
  [[0x2002], 1],
];

let list: BlockList | undefined;

/**
 * Can the whole internet reach an address?
 *
 * @param address IPv4 or IPv6 in any spelling, without brackets; a zone (`%eth0`) is never public, nor is what is no address.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return false;
  list ??= blockList();
  if (family === 4) return !list.check(address, "ipv4");
  const groups = groupsOf(address);
  for (const [prefix, at] of CARRIERS) {
    if (prefix.every((group, index) => groups[index] === group)) {
      return isPublicAddress(dotted(groups[at] ?? 0, groups[at + 1] ?? 0));
    }
  }
  return !list.check(address, "ipv6");
}

/** Is it this machine: `localhost` or a name below it, 127.0.0.0/8, ::1? The hostname of a URL, brackets or not. */
export function isLoopbackName(hostname: string): boolean {
  const host = bareHost(hostname).toLowerCase();
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  if (isIP(host) === 4) return host.startsWith("127.");
  if (isIP(host) !== 6) return false;
  const [a, b, c, d, e, f, high, low] = groupsOf(host);
  if ([a, b, c, d, e].some((group) => group !== 0)) return false;
  return f === 0 ? high === 0 && low === 1 : f === 0xffff && (high ?? 0) >> 8 === 127;
}

/** Do two URLs name one host? Ports do not count, and all names of this machine are one. */
export function isSameHost(a: URL, b: URL): boolean {
  return a.hostname === b.hostname || (isLoopbackName(a.hostname) && isLoopbackName(b.hostname));
}

/** The hostname of a URL as the resolver wants it: IPv6 without brackets, no dot at the end. */
export function bareHost(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname.replace(/\.$/, "");
}

function blockList(): BlockList {
  const blocked = new BlockList();
  for (const [net, prefix] of NOT_PUBLIC_4) blocked.addSubnet(net, prefix, "ipv4");
  for (const [net, prefix] of NOT_PUBLIC_6) blocked.addSubnet(net, prefix, "ipv6");
  return blocked;
}

/** The eight 16-bit groups of an IPv6 address. The parser of URLs brings every spelling into one. */
function groupsOf(address: string): readonly number[] {
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const before = parse(head);
  const after = parse(tail ?? "");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<number>(zeros).fill(0), ...after];
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}
