// What travels down: checkpoints whole, in full or half precision, or as differences from what a client holds.
import type { ArtifactId, CheckpointId } from "../ids.ts";
import type { ArtifactKind } from "../channel/frames.ts";
import { updateCodec, type UpdateSpec } from "../update/codec-registry.ts";
import type { UpdateKernels } from "../kernels/update-kernels.ts";
import type { UpdateCodec } from "../update/update-codec.ts";
import type { ArtifactReference, Delivery } from "../wire/messages.ts";
import type { ValueRange } from "./trainable-ranges.ts";
import { unpackValues } from "./packed-values.ts";

/** How a plan says that checkpoints travel. */
export type DownloadSpec =
  /** Four bytes a parameter. */
  | { readonly encoding: "float32" }
  /** Two bytes a parameter. Every checkpoint of the task is one of half precision. */
  | { readonly encoding: "float16" }
  /** To clients that hold the one before, what has changed, in this codec; to others the whole, as float32. */
  | { readonly encoding: "difference"; readonly update: UpdateSpec };

/** The codec that a checkpoint, or a difference, travels in; `undefined` for checkpoints as they are. */
export function downloadCodec(
  spec: DownloadSpec,
  kernels?: UpdateKernels,
): UpdateCodec | undefined {
  switch (spec.encoding) {
    case "float32":
      return undefined;
    case "float16":
      return updateCodec({ codec: "float16" }, kernels);
    case "difference":
      return updateCodec(spec.update, kernels);
  }
}

/** One of the artifacts whose sealed chunks follow a delivery. */
export interface DueArtifact extends ArtifactReference {
  readonly artifact: ArtifactKind;
}

/**
 * Which sealed chunks follow a delivery, in order: both sides go by this.
 * @param holds - Whether the client has said that it holds this artifact.
 */
export function dueArtifacts(
  { plan, checkpoint, packed, difference }: Delivery,
  holds: (id: ArtifactId) => boolean,
): readonly DueArtifact[] {
  const due: DueArtifact[] = [];
  if (!holds(plan.id)) due.push({ artifact: "plan", ...plan });
  if (holds(checkpoint.id)) return due;
  if (difference !== undefined && holds(difference.base)) {
    due.push({ artifact: "difference", ...difference.packed });
  } else {
    due.push({ artifact: "checkpoint", ...(packed ?? checkpoint) });
  }
  return due;
}

/**
 * The checkpoint that a difference leads to. The same bits wherever it is computed: each value is one float32 addition.
 * @param base - The checkpoint that the difference was taken from; not modified.
 * @param ranges - The values that it is about: those that the plan trains.
 * @param packed - From anywhere.
 * @returns New Float32, shape [base.length].
 * @throws TributaryError as `unpackValues`.
 */
export function applyDifference(
  base: Float32Array,
  ranges: readonly ValueRange[],
  codec: UpdateCodec,
  packed: Uint8Array,
): Float32Array {
  const next = base.slice();
  const count = ranges.reduce((sum, { length }) => sum + length, 0);
  /** The range that the next value belongs to, and what came before it. */
  let range = 0;
  let before = 0;
  unpackValues(codec, packed, count, (block, offset) => {
    for (let i = 0; i < block.length;) {
      const { offset: start, length } = ranges[range]!;
      const within = offset + i - before;
      const run = Math.min(block.length - i, length - within);
      const position = start + within;
      for (let j = 0; j < run; j++) next[position + j]! += block[i + j]!;
      i += run;
      if (within + run === length) {
        before += length;
        range += 1;
      }
    }
  });
  return next;
}

/** A checkpoint's name as the base of a difference. */
export interface CheckpointDifference {
  readonly base: CheckpointId;
  /** SHA-256 and length of the packed difference. */
  readonly packed: ArtifactReference;
}
