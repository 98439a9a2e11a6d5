/**
 * Which token services may be asked. The realm of a challenge is a URL that the registry chose, and credentials go there.
 *
 * @module
 */
import { HiatusError } from "../errors.ts";
import { bareHost, isSameHost } from "./address.ts";
import { withoutSecrets } from "./credentials/secrets.ts";
import { printable, redactUrl } from "./text.ts";

/** A token service that may be asked. */
export interface Realm {
  readonly url: URL;
  /** For the transport: what the registry chose must not lead to private addresses. */
  readonly chosenBy: "user" | "answer";
}

/**
 * Decides about the realm of a challenge:
 *
 * - https, on any host. It has to be so: Docker Hub's is on another host than its registry, and so are those of GitLab and of
 *   most companies. A registry that wants a password to go astray need not send it elsewhere, because it could ask for Basic.
 *   Nobody between us and an https registry can choose the realm. A stricter rule (same domain, or a list of pairs) would
 *   break honest registries and stop no dishonest one; so a credential that leaves the registry's domain is told of in a warning
 *   (see {@link isSameSite}), and the transport keeps hosts with private addresses out of reach.
 * - http only where the registry itself is asked by plain http, and only on its own host: whoever could read it there reads
 *   everything already. All names of this machine (127.0.0.0/8, ::1, localhost) are one host.
 * - Nothing else, no user or password in it.
 *
 * Its query stays as it is; a fragment is dropped.
 *
 * @param origin where the registry is asked.
 * @throws HiatusError `REGISTRY` when it may not be asked.
 */
export function acceptRealm(text: string, origin: URL, registry: string): Realm {
  // A backslash is a slash to some readers of URLs.
  const url = /^[!-[\]-~]+$/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw refusal(
      registry,
      "it is no URL",
      printable(withoutSecrets(text).split(/[?#@]/)[0] ?? ""),
    );
  const shown = redactUrl(url);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refusal(registry, "it is neither https nor http", url.protocol);
  }
  if (url.username !== "" || url.password !== "") {
    throw refusal(registry, "it names a user", shown);
  }
  const isHome = isSameHost(url, origin);
  if (url.protocol === "http:" && origin.protocol === "https:") {
    throw refusal(registry, "it is plain http, and the registry is not", shown);
  }
  if (url.protocol === "http:" && !isHome) {
    throw refusal(registry, "it is plain http on another host", shown);
  }
  url.hash = "";
  return { url, chosenBy: isHome ? "user" : "answer" };
}

/**
 * Do two hosts look as if they belonged to one owner: the same host, or names that end in the same two labels? A guess, since
 * there are endings like `co.uk`; good enough to leave a warning away, and for nothing else.
 */
export function isSameSite(a: URL, b: URL): boolean {
  if (isSameHost(a, b)) return true;
  const [one, other] = [a, b].map((url) => siteOf(bareHost(url.hostname)));
  return one !== undefined && one === other;
}

function siteOf(host: string): string | undefined {
  const labels = host.split(".");
  // An address has no owner to be seen.
  if (labels.length < 2 || /^[0-9]+$/.test(labels.at(-1) ?? "")) return undefined;
  return labels.slice(-2).join(".");
}

function refusal(registry: string, why: string, shown: string): HiatusError {
  return new HiatusError(
    "REGISTRY",
    `"${registry}" sends its users for tokens to "${shown}", which is not asked: ${why}`,
    {
      detail: { registry, realm: shown },
      hint: "Ask whoever runs the registry for a token service on https",
    },
  );
}
