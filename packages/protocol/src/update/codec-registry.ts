import type { UpdateKernels } from "../kernels/update-kernels.ts";
import { createKernelsSync } from "../kernels/wasm-kernels.ts";
import type { KernelSource } from "./block-codec.ts";
import { edenCodec, type EdenBits } from "./eden-codec.ts";
import { entropyEdenCodec } from "./entropy-eden-codec.ts";
import { float16Codec } from "./float16-codec.ts";
import { float32Codec } from "./float32-codec.ts";
import { qsgdCodec, ternGradCodec } from "./norm-grid-codecs.ts";
import { randomKCodec } from "./random-k-codec.ts";
import { topKCodec } from "./top-k-codec.ts";
import { rotatedUniformCodec, uniformCodec } from "./uniform-codec.ts";
import type { UpdateCodec } from "./update-codec.ts";

/** How a plan says that updates are written. */
export type UpdateSpec =
  | { readonly codec: "float32" }
  | { readonly codec: "float16" }
  /** 1 to 16 bits; with entropy coding to 8, at most: payloads vary in length. */
  | { readonly codec: "uniform"; readonly bits: number; readonly entropy?: boolean }
  | { readonly codec: "rotated-uniform"; readonly bits: number; readonly entropy?: boolean }
  /** With entropy coding 1 to 4 bits, on average: payloads vary in length. */
  | { readonly codec: "eden"; readonly bits: EdenBits; readonly entropy?: boolean }
  /** EDEN at one bit. */
  | { readonly codec: "drive" }
  /** 2 to 16 bits; with entropy coding to 8, at most. */
  | { readonly codec: "qsgd"; readonly bits: number; readonly entropy?: boolean }
  | { readonly codec: "terngrad"; readonly entropy?: boolean }
  /** Share of the values that is sent: above 0, at most 1. */
  | { readonly codec: "random-k"; readonly fraction: number }
  /** The client keeps what it does not send: at least half. */
  | { readonly codec: "top-k"; readonly fraction: number };

/** Names of the codecs that this build speaks, for a check-in. */
export const updateCodecNames: readonly UpdateSpec["codec"][] = [
  "float32",
  "float16",
  "uniform",
  "rotated-uniform",
  "eden",
  "drive",
  "qsgd",
  "terngrad",
  "random-k",
  "top-k",
];

/**
 * The codec that a plan names. A new codec is a case here, a variant of `UpdateSpec` and one of the plan's schema.
 * @param kernels - What computes; the codec's own, made at once when they are first needed, unless given. The bits are the
 *   same. In a page give those of `createKernels`, and in a process of many clients give the same ones to all.
 */
export function updateCodec(spec: UpdateSpec, kernels?: UpdateKernels): UpdateCodec {
  let used = kernels;
  const source: KernelSource = () => (used ??= createKernelsSync());
  switch (spec.codec) {
    case "float32":
      return float32Codec();
    case "float16":
      return float16Codec(source);
    case "uniform":
      return uniformCodec(spec, source);
    case "rotated-uniform":
      return rotatedUniformCodec(spec, source);
    case "eden":
      return spec.entropy === true ? entropyEdenCodec(spec, source) : edenCodec(spec, source);
    case "drive":
      return edenCodec({ bits: 1, name: "drive" }, source);
    case "qsgd":
      return qsgdCodec(spec, source);
    case "terngrad":
      return ternGradCodec(spec, source);
    case "random-k":
      return randomKCodec(spec, source);
    case "top-k":
      return topKCodec(spec);
  }
}

/**
 * Whether the server sees single updates of this form. A codec that masks them, so that only their sum is legible, is
 * `false` here, and with that every rule that has to compare updates is refused in its plans.
 */
export function updatesAreInTheClear(spec: UpdateSpec): boolean {
  switch (spec.codec) {
    case "float32":
    case "float16":
    case "uniform":
    case "rotated-uniform":
    case "eden":
    case "drive":
    case "qsgd":
    case "terngrad":
    case "random-k":
    case "top-k":
      return true;
  }
}

/** Whether a client has to keep what an update of this form leaves unsaid, and say it later: `keepResidual`. */
export function leavesResidual(spec: UpdateSpec): boolean {
  return spec.codec === "top-k";
}
