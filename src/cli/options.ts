/**
 * Values of options that several commands take.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";

/** Names with commas between them, or the option repeated. */
export function collectNames(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("A name between the commas is empty.");
  return [...before, ...names];
}

/** A whole number that counts something. */
export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`);
    }
    return value;
  };
}

/** How registries are talked to, as commander gives it. */
export interface ConnectionFlags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly plainHttp?: boolean;
  readonly allowPrivate?: readonly string[];
}

/** Adds the options of {@link ConnectionFlags}, under a heading of their own. */
export function addConnectionOptions(command: Command): Command {
  const options = [
    new Option("--username <name>", "user of the registry; without it credentials are found"),
    new Option("--password-stdin", "read the password of --username from standard input"),
    new Option("--ca <file>", "trust these certificates (PEM) besides the system's"),
    new Option("--cert <file>", "certificate of the client (PEM), with --key"),
    new Option("--key <file>", "key of that certificate (PEM)"),
    new Option("--insecure", "take any certificate; anybody on the way can read and change"),
    // What contradicts it is looked at by prepareConnect: here --no-plain-http would be taken for it.
    new Option("--plain-http", "no TLS; loopback needs no asking"),
    new Option("--no-plain-http", "TLS on loopback too"),
    new Option(
      "--allow-private <list>",
      "hosts of private networks that a registry may lead to",
    ).argParser(collectNames),
  ];
  for (const option of options) command.addOption(option.helpGroup("Connection:"));
  return command;
}

/** What every command that reads references says about them. */
export const REFERENCES = `
References:
  oci:FOLDER[:TAG|@DIGEST]             an OCI image layout; without a tag its only one
  oci-archive:FILE[:TAG|@DIGEST]       an archive or bundle that holds one; FILE alone will do
  [docker://]HOST/PATH[:TAG|@DIGEST]   a registry; without a tag latest, without a host Docker Hub

Credentials are those of \`docker login\` and \`podman login\`, and of credential helpers.`;
