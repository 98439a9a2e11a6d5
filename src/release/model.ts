/**
 * The words of a release: mirrors, what is released to them, what was found there, and what became of it.
 *
 * @module
 */
import type { InlineMode } from "../build/definition.ts";
import type { ErrorCode } from "../errors.ts";
import type { Attachment } from "../graph/attachments.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageFormat } from "../oci/media-type.ts";
import type { Source } from "../store/source.ts";
import type { KnownObjections } from "./objections.ts";

/** Where a credential is found. Never the credential. */
export type CredentialReference =
  | { readonly kind: "environment"; readonly username: string; readonly password: string }
  | { readonly kind: "token-environment"; readonly token: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "helper"; readonly name: string }
  | { readonly kind: "anonymous" };

/** How a mirror is reached. */
export interface MirrorConnection {
  /** Undefined: where every other tool looks, see `src/remote/credentials/`. */
  readonly credentials: CredentialReference | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly insecure: boolean;
  readonly plainHttp: boolean;
  /** A URL, "none", or undefined for what the environment says. */
  readonly proxy: string | undefined;
  /** Hosts with private addresses that the registry's answers may lead to. @default none */
  readonly allowPrivate?: readonly string[] | undefined;
  /** Most requests in flight. */
  readonly concurrency: number | undefined;
  /** Most requests a second. */
  readonly rate: number | undefined;
}

/** One mirror for one image: everything rendered, nothing left to look up but credentials. */
export interface Mirror {
  readonly name: string;
  /** `registry.example:5000`. */
  readonly registry: string;
  /**
   * What the journal calls the registry, where its address is another one in each run.
   * @default registry
   */
  readonly lasting?: string | undefined;
  readonly repository: string;
  /** In the order in which they are moved: the version first. */
  readonly tags: readonly string[];
  /** Must it succeed for any tag of any mirror to move? */
  readonly required: boolean;
  readonly format: ImageFormat;
  readonly inline: InlineMode;
  /** Are signatures, SBOMs and other referrers to be there, to be tried, or to be left out? */
  readonly attachments: "required" | "best-effort" | "none";
  /** Undefined: found out by asking. */
  readonly profile: string | undefined;
  readonly connection: MirrorConnection;
}

/** An image as one kind of mirror gets it. */
export interface ReleaseVariant {
  readonly format: ImageFormat;
  readonly inline: InlineMode;
  readonly root: Descriptor;
  /** What refers to the root or to its children, to go along. */
  readonly attachments: readonly Attachment[];
  readonly source: Pick<Source, "fetch">;
}

/** What is released. */
export interface ReleaseImage {
  /** `pause` */
  readonly name: string;
  /** `3.10.2` */
  readonly version: string;
  readonly variants: readonly ReleaseVariant[];
}

/** What a tag is and shall be. */
export interface TagState {
  readonly tag: string;
  /** What it named when it was looked at; undefined: absent. */
  readonly before: Descriptor | undefined;
  /** The bytes of that manifest, to put them back. */
  readonly bytes: Uint8Array | undefined;
  readonly action: "create" | "keep" | "move";
}

/** What was found at a mirror before anything is done. */
export interface MirrorState {
  readonly mirror: Mirror;
  readonly variant: ReleaseVariant;
  /** Name of the profile that was found or given. */
  readonly profile: string;
  /** What that kind is known to refuse. Attachments that it refuses are left out where they may be. @default nothing */
  readonly objections?: KnownObjections | undefined;
  /** Is the root there by its digest? */
  readonly present: boolean;
  readonly tags: readonly TagState[];
}

/** The steps of a release, in their order. */
export type Phase = "preflight" | "stage" | "read-back" | "tags" | "rollback";

/** Something that went wrong at a mirror. */
export interface MirrorFailure {
  readonly phase: Phase;
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  /** Was it only about attachments, so that the image is there all the same? */
  readonly attachmentsOnly?: boolean;
}

/** What became of a tag. */
export interface TagOutcome {
  readonly tag: string;
  readonly before: Digest | undefined;
  readonly after: Digest | undefined;
  readonly result: "kept" | "created" | "moved" | "restored" | "raced" | "not moved" | "failed";
}

/** What became of a mirror. */
export interface MirrorOutcome {
  readonly mirror: Mirror;
  readonly root: Descriptor | undefined;
  readonly profile: string | undefined;
  readonly result: "released" | "unchanged" | "staged" | "rolled back" | "failed" | "not tried";
  readonly failures: readonly MirrorFailure[];
  readonly tags: readonly TagOutcome[];
  /** Milliseconds of each phase that was begun. */
  readonly timings: Readonly<Partial<Record<Phase, number>>>;
  readonly requests: number;
  /** Sent to the mirror. */
  readonly bytes: number;
}

/** What happens during a release. Counts of a mirror only ever grow. */
export type ReleaseEvent =
  | { readonly type: "phase"; readonly phase: Phase; readonly state: "begin" | "end" }
  | {
      readonly type: "mirror";
      readonly mirror: string;
      readonly phase: Phase;
      readonly state: "begin" | "progress" | "done" | "failed" | "skipped";
      readonly bytes?: number;
      readonly total?: number;
      readonly failure?: MirrorFailure;
    }
  | {
      readonly type: "tag";
      readonly mirror: string;
      readonly tag: string;
      readonly before: Digest | undefined;
      readonly after: Digest | undefined;
      readonly result: TagOutcome["result"];
    }
  | {
      readonly type: "warning";
      readonly mirror?: string;
      readonly message: string;
      readonly hint?: string;
    };

/** A whole release, as reports tell it. */
export interface ReleaseResult {
  readonly image: { readonly name: string; readonly version: string };
  readonly variants: readonly Pick<ReleaseVariant, "format" | "inline" | "root">[];
  readonly result: "released" | "unchanged" | "staged" | "planned" | "rolled back" | "failed";
  readonly mirrors: readonly MirrorOutcome[];
  /** Names the journal to go on with; undefined when nothing is left to do. */
  readonly journal: string | undefined;
  readonly started: string;
  readonly milliseconds: number;
}
