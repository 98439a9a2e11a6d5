/**
 * hiatus as a library: build pause images, read and copy OCI content. Everything here works in Node and in Deno.
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
export {
  type ErrorCode,
  ExitCode,
  exitCodeOf,
  HiatusError,
  isAbort,
  isHiatusError,
} from "./errors.ts";
export { type ContentTree, readTree } from "./graph/tree.ts";
export type { Annotations, Descriptor } from "./oci/descriptor.ts";
export { type Digest, digestOf, isDigest, parseDigest } from "./oci/digest.ts";
export type { ImageConfig, Index, Manifest } from "./oci/manifest.ts";
export { type ImageFormat, MediaType } from "./oci/media-type.ts";
export { formatPlatform, type Platform, parsePlatform } from "./oci/platform.ts";
export { type BuildImageOptions, buildImage, type VerifiedBuild } from "./release/build-image.ts";
export { jsonSchemas } from "./release/schemas.ts";
export { type Archive, openArchive } from "./store/archive.ts";
export { createLayout, type Layout, openLayout } from "./store/layout.ts";
export { createMemory, type Memory } from "./store/memory.ts";
export type { Source, Store, StoreOptions } from "./store/source.ts";
export type { CheckResult } from "./verify/check.ts";
export { verifyStructure } from "./verify/structure.ts";
export { type VerifyOptions, type VerifyResult, verifyImage } from "./verify/verify.ts";
