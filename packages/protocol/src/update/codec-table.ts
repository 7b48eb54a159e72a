// The table of update codecs: the one place that lists them.
import { TributaryError } from "../errors.ts";
import type { UpdateKernels } from "../kernels/update-kernels.ts";
import { createKernelsSync } from "../kernels/wasm-kernels.ts";
import { parameterFault } from "../schema/parameter.ts";
import type { KernelSource } from "./block-codec.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import { driveCodec } from "./drive-codec.ts";
import { edenCodec } from "./eden-codec.ts";
import { float16Codec } from "./float16-codec.ts";
import { float32Codec } from "./float32-codec.ts";
import { qsgdCodec } from "./qsgd-codec.ts";
import { randomKCodec } from "./random-k-codec.ts";
import { rotatedUniformCodec } from "./rotated-uniform-codec.ts";
import { ternGradCodec } from "./terngrad-codec.ts";
import { topKCodec } from "./top-k-codec.ts";
import { uniformCodec } from "./uniform-codec.ts";
import { UPDATE_BLOCK_VALUES, type UpdateCodec } from "./update-codec.ts";

/** Every update codec of this build, in the order in which a client offers them at check-in. */
export const UPDATE_CODECS = [
  float32Codec,
  float16Codec,
  uniformCodec,
  rotatedUniformCodec,
  edenCodec,
  driveCodec,
  qsgdCodec,
  ternGradCodec,
  randomKCodec,
  topKCodec,
] as const;

/** The part of a plan that says how updates are written: the name of a codec and its parameters. */
export type UpdateSpec = SpecOf<(typeof UPDATE_CODECS)[number]>;

type SpecOf<Definition> = Definition extends CodecDefinition<infer Spec> ? Spec : never;

/** The names of the codecs of this build, as a client offers them at check-in. */
export const updateCodecNames: readonly UpdateSpec["codec"][] = UPDATE_CODECS.map(
  ({ name }) => name,
);

/**
 * The definition of the codec that a plan names.
 * @throws TributaryError `BAD_PARAMETER` when this build has no codec of that name.
 */
export function codecDefinition(spec: UpdateSpec): CodecDefinition<UpdateSpec> {
  const found = UPDATE_CODECS.find(({ name }) => name === spec.codec);
  if (found !== undefined) return found;
  throw new TributaryError("BAD_PARAMETER", `There is no update codec ${spec.codec}`, {
    remedy: `Use one of ${updateCodecNames.join(", ")}.`,
  });
}

/**
 * Makes the codec that a plan names.
 * @param kernels - Do the work. Without them the codec makes kernels of its own when it first needs
 *   them, which blocks for some milliseconds: a page passes those of `createKernels`, and a process
 *   with many clients passes the same ones to all. The bits are the same with all kernels.
 * @throws TributaryError `BAD_PARAMETER` when a parameter is out of its range.
 */
export function updateCodec(spec: UpdateSpec, kernels?: UpdateKernels): UpdateCodec {
  const definition = codecDefinition(spec);
  const fault = parameterFault(definition, spec);
  if (fault !== undefined) {
    const value = String(Reflect.get(spec, fault.key));
    throw new TributaryError(
      "BAD_PARAMETER",
      `The codec ${spec.codec} cannot use ${fault.key} ${value}`,
      { remedy: fault.remedy, context: { parameter: fault.key } },
    );
  }
  let used = kernels;
  const source: KernelSource = () => (used ??= createKernelsSync());
  return definition.create(spec, source);
}

/** By how much float32 may make an update longer that a client has scaled down to its bound. */
const ROUNDING = 1 + 2 ** -20;

/**
 * The L2 norm of the longest update that an honest client can send, as it is once it is decoded.
 * @param clipNorm - The bound of the update before it is encoded, weight units; null for no bound.
 * @param dimension - Number of values in the update.
 * @returns Infinity without a bound.
 */
export function mostDecodedNorm(
  spec: UpdateSpec,
  clipNorm: number | null,
  dimension: number,
): number {
  if (clipNorm === null) return Infinity;
  const size = Math.min(dimension, UPDATE_BLOCK_VALUES);
  return clipNorm * codecDefinition(spec).mostStretch(spec, size) * ROUNDING;
}

/**
 * Whether the server sees single updates of this form. If it does not, a plan may not use a rule
 * that has to look at single updates.
 */
export function updatesAreInTheClear(spec: UpdateSpec): boolean {
  return codecDefinition(spec).isReadableAlone;
}

/**
 * Whether a client has to keep what an update of this form leaves out and add it to its next
 * update: see `keepResidual`.
 */
export function leavesResidual(spec: UpdateSpec): boolean {
  return codecDefinition(spec).leavesResidual;
}
