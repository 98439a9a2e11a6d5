/**
 * Lists of hosts as `NO_PROXY` writes them.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 * @module
 */
import { BlockList, isIP } from "node:net";
import { bareHost } from "./address.ts";

/** A host and a port. A URL is one. */
export interface HostAndPort {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
}

/**
 * Gives a function that says whether a host is on a list. Entries: `*`; an address; a network `10.0.0.0/8`; a name, which stands
 * for itself and all names below it; `.name` or `*.name`, which stands only for those below. Each may have a `:port`. What is
 * none of these matches nothing.
 */
export function hostMatcher(entries: readonly string[]): (host: HostAndPort) => boolean {
  const rules = entries.map(ruleOf).filter((rule) => rule !== undefined);
  return ({ protocol, hostname, port }) => {
    const host = bareHost(hostname).toLowerCase();
    const effective = port === "" ? (protocol === "https:" ? "443" : "80") : port;
    return rules.some((rule) => rule(host, effective));
  };
}

type Rule = (host: string, port: string) => boolean;

function ruleOf(entry: string): Rule | undefined {
  const text = entry.trim().toLowerCase();
  if (text === "") return undefined;
  if (text === "*") return () => true;
  if (text.includes("/")) return networkRule(text);
  const { host, port } = splitPort(text);
  const fits = isIP(host) === 0 ? nameRule(host) : addressRule(host);
  return fits && ((name, at) => (port === "" || port === at) && fits(name, at));
}

function nameRule(name: string): Rule | undefined {
  const below = name.startsWith("*.") ? name.slice(1) : name;
  const suffix = below.startsWith(".") ? below : `.${below}`;
  if (suffix === ".") return undefined;
  return (host) => host.endsWith(suffix) || (suffix !== below && host === name);
}

function addressRule(address: string): Rule {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
}

function networkRule(text: string): Rule | undefined {
  const [address = "", prefix = ""] = text.split("/");
  const bits = Number(prefix);
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix) || bits > (isIP(address) === 4 ? 32 : 128))
    return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, familyOf(address));
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

/** `name:port`, `[address]:port`, or an IPv6 address by itself. */
function splitPort(text: string): { host: string; port: string } {
  const parts = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (parts === null) return { host: text, port: "" };
  return { host: parts[1] ?? parts[2] ?? "", port: parts[3] ?? "" };
}
