/**
 * hiatus as a library: build pause images, read, copy, bundle and serve OCI content, release it to mirrors. Everything here works in Node
 * and in Deno.
 *
 * @example
 * import { buildImage } from "hiatus";
 * const { index } = await buildImage("pause", { platforms: ["linux/arm64"] });
 *
 * @module
 */

export type { BuildOptions, BuildResult, StagedBuild } from "./build/build.ts";
export { type ImageDefinition, INLINE_MODES, type InlineMode } from "./build/definition.ts";
export type { BuildEvent, CompileEvent, OnEvent, WarningEvent } from "./build/events.ts";
export type { Lock, LockDifference } from "./build/lock.ts";
export { PLATFORMS, type PlatformRow } from "./build/platforms.ts";
export type { BuildRecord } from "./build/record.ts";
export { TOOLCHAIN_NAMES, type ToolchainName } from "./build/toolchain.ts";
export { type CheckedBundle, checkBundle } from "./bundle/check.ts";
export type { ArchivedImage } from "./bundle/contents.ts";
export { type Delta, deltaAnnotations, heldBy, readDelta } from "./bundle/delta.ts";
export { BUNDLE_FORMS, type BundleForm } from "./bundle/form.ts";
export { type BundleOptions, type WrittenBundle, writeBundle } from "./bundle/write.ts";
export {
  type ErrorCode,
  ExitCode,
  exitCodeOf,
  HiatusError,
  isAbort,
  isHiatusError,
} from "./errors.ts";
export { type CopyEvent, type CopyOptions, copyGraph } from "./graph/copy.ts";
export { type CopyPlan, planCopy } from "./graph/plan.ts";
export { type ContentTree, readTree } from "./graph/tree.ts";
export type { Annotations, Descriptor } from "./oci/descriptor.ts";
export { type Digest, digestOf, isDigest, parseDigest } from "./oci/digest.ts";
export type { ImageConfig, Index, Manifest } from "./oci/manifest.ts";
export { type ImageFormat, MediaType } from "./oci/media-type.ts";
export { formatPlatform, type Platform, parsePlatform } from "./oci/platform.ts";
export { formatReference, parseReference, type Reference } from "./oci/reference.ts";
export { withBase } from "./release/base.ts";
export { type BuildImageOptions, buildImage, type VerifiedBuild } from "./release/build-image.ts";
export { type CheckOptions, checkMirrors, type MirrorCheck } from "./release/check.ts";
export { imageFor } from "./release/image.ts";
export { type Loaded, type LoadOptions, loadImage } from "./release/load.ts";
export type { OpenMirror } from "./release/mirror-stores.ts";
export { type Mirrors, readMirrors } from "./release/mirrors/read.ts";
export { type MirrorTarget, resolveMirrors } from "./release/mirrors/resolve.ts";
export type {
  Mirror,
  MirrorOutcome,
  ReleaseEvent,
  ReleaseImage,
  ReleaseResult,
} from "./release/model.ts";
export { type OpenMirrorOptions, openMirrors } from "./release/open-mirror.ts";
export { type PreparedImage, prepareImage } from "./release/prepare.ts";
export { type ReleaseOptions, release } from "./release/release.ts";
export { type RollbackOptions, rollback } from "./release/rollback.ts";
export { jsonSchemas } from "./release/schemas.ts";
export { type SendOptions, type Sent, sendImage } from "./release/send.ts";
export type { ClientEvent } from "./remote/events.ts";
export { openRepository, type Repository, type RepositoryOptions } from "./remote/repository.ts";
export { type Ctr, ctrOf } from "./runtime/containerd-content.ts";
export { type Diagnosis, type DoctorOptions, examineNode } from "./runtime/doctor/doctor.ts";
export { type NodeHost, nodeHost } from "./runtime/doctor/host.ts";
export type { Configured, ExpectedImage, NodeFinding } from "./runtime/doctor/model.ts";
export { containerdImporter } from "./runtime/load/containerd.ts";
export { engineImporter } from "./runtime/load/docker.ts";
export type { Held, Importer, NodeImage } from "./runtime/load/importer.ts";
export { k3sFolderImporter } from "./runtime/load/k3s-folder.ts";
export {
  NODE_RUNTIMES,
  type NodeConfig,
  type NodeConfigRequest,
  type NodeFile,
  type NodeRuntime,
  nodeConfig,
} from "./runtime/node-config.ts";
export { nodePlatforms } from "./runtime/node-platform.ts";
export { type Run, runProgram } from "./runtime/runner.ts";
export { createRegistry } from "./serve/fetch.ts";
export { openFolder, type RegistryFolder } from "./serve/folder.ts";
export { createHandler, type RegistryOptions } from "./serve/handler.ts";
export { type Listening, type ListenOptions, listen } from "./serve/listen.ts";
export { serveSources } from "./serve/sources.ts";
export { type Archive, openArchive } from "./store/archive.ts";
export { createLayout, type Layout, openLayout } from "./store/layout.ts";
export { createMemory, type Memory } from "./store/memory.ts";
export type { Source, Store, StoreOptions } from "./store/source.ts";
export type { CheckResult } from "./verify/check.ts";
export { verifyStructure } from "./verify/structure.ts";
export { type VerifyOptions, type VerifyResult, verifyImage } from "./verify/verify.ts";
