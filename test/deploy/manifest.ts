/** Manifests as they stand under deploy/, and what Kubernetes would start because of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { packageRoot } from "../../src/package-root.ts";

/** A container, as far as tests look at it. */
export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/** A Job or a CronJob, as far as tests look at it. */
export interface Job {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: JobSpec & { readonly jobTemplate?: { readonly spec: JobSpec } };
}

interface JobSpec {
  readonly completions?: number;
  readonly parallelism?: number;
  readonly podFailurePolicy?: {
    readonly rules: readonly {
      readonly action: string;
      readonly onExitCodes?: { readonly values: readonly number[] };
    }[];
  };
  readonly template: { readonly spec: { readonly containers: readonly Container[] } };
}

/** The root of everything that is deployed. */
export const DEPLOY = join(packageRoot(), "deploy");

/** Reads a manifest under deploy/. */
export function readJob(path: string): Job {
  return parse(readFileSync(join(DEPLOY, path), "utf8")) as Job;
}

/** All manifests of a stream. */
export function parseManifests(text: string): readonly Job[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Job);
}

/** What a Job says of its pods, also where a CronJob makes it. */
export function specOf({ spec }: Job): JobSpec {
  return spec.jobTemplate?.spec ?? spec;
}

/** The only container of a Job. */
export function containerOf(job: Job): Container {
  const [container, ...others] = specOf(job).template.spec.containers;
  if (container === undefined || others.length > 0) throw new Error(`Not one container: ${job}`);
  return container;
}

/**
 * The arguments of a container as the kubelet gives them: `$(NAME)` is a variable of the container.
 *
 * @see https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
 */
export function argumentsOf(
  { args }: Container,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  return args.map((arg) => arg.replaceAll(/\$\((\w+)\)/g, (all, name: string) => env[name] ?? all));
}

/** Names of the folders below a folder of deploy/. */
export function foldersOf(path: string): readonly string[] {
  return readdirSync(join(DEPLOY, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(path, name))
    .sort();
}
