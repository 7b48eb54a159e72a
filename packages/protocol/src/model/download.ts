// How checkpoints travel from the server to clients: whole, in full or half precision, or as the
// difference from a checkpoint that a client already holds (docs/protocol.md, section 6).
import type { ArtifactId, CheckpointId } from "../ids.ts";
import type { ArtifactKind } from "../channel/frames.ts";
import { updateCodec, type UpdateSpec } from "../update/codec-registry.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { UpdateCodec } from "../update/update-codec.ts";
import type { ArtifactReference, Delivery } from "../wire/messages.ts";
import type { ValueRange } from "./trainable-ranges.ts";
import { unpackValues } from "./packed-values.ts";

/** A plan's `download`: in which form its checkpoints travel. */
export type DownloadSpec =
  /** The checkpoint's own bytes: four for each parameter. */
  | { readonly encoding: "float32" }
  /**
   * Two bytes for each parameter. Every checkpoint of the task holds only values that half
   * precision can hold.
   */
  | { readonly encoding: "float16" }
  /**
   * Clients that hold the previous checkpoint get what has changed, packed in the codec `update`.
   * Others get the whole checkpoint as float32.
   */
  | { readonly encoding: "difference"; readonly update: UpdateSpec };

/**
 * The codec in which a checkpoint or a difference is packed.
 * @param kernels - What the codec computes with; the codec makes its own when absent.
 * @returns `undefined` for `float32`, whose checkpoints travel as their own bytes.
 */
export function downloadCodec(spec: DownloadSpec, kernels?: Kernels): UpdateCodec | undefined {
  switch (spec.encoding) {
    case "float32":
      return undefined;
    case "float16":
      return updateCodec({ codec: "float16" }, kernels);
    case "difference":
      return updateCodec(spec.update, kernels);
  }
}

/**
 * An artifact whose sealed chunks follow a delivery, with its name and its length as it travels.
 */
export interface DueArtifact extends ArtifactReference {
  readonly artifact: ArtifactKind;
}

/**
 * Decides which artifacts follow a delivery as sealed chunks, and in which order. The server sends
 * and the client expects what this function says, so the two always agree.
 * @param holds - Whether the client has said that it holds the artifact of this name.
 * @returns The plan, unless it is held; then the checkpoint, unless it is held. In place of the
 * whole checkpoint comes the difference when the client holds its base.
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
 * Computes the checkpoint that a difference leads to. It has the same bits wherever it is computed,
 * because each value is one float32 addition.
 * @param base - The checkpoint that the difference was taken from, Float32, shape [d]; not
 * modified.
 * @param ranges - Which values the difference is about: those that the plan trains.
 * @param codec - The codec in which the difference is packed.
 * @param packed - The packed difference. It may come from anywhere; not modified.
 * @returns New Float32, shape [d].
 * @throws TributaryError as `unpackValues` does.
 */
export function applyDifference(
  base: Float32Array,
  ranges: readonly ValueRange[],
  codec: UpdateCodec,
  packed: Uint8Array,
): Float32Array {
  const next = base.slice();
  const count = ranges.reduce((sum, { length }) => sum + length, 0);
  /** The range that the next value belongs to, and how many values the ranges before it have. */
  let range = 0;
  let before = 0;
  unpackValues(codec, packed, count, (block, offset) => {
    // A block of the codec may end within a range, and may reach over several.
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

/** A difference that a delivery offers. */
export interface CheckpointDifference {
  /** The checkpoint that the difference was taken from, and that a client must hold to use it. */
  readonly base: CheckpointId;
  /** SHA-256 and length of the packed difference. */
  readonly packed: ArtifactReference;
}
