// How checkpoints travel from the server to clients: whole, in full or half precision, or as the
// difference from a checkpoint that a client already holds (docs/protocol.md, section 6).
import { updateCodec, type UpdateSpec } from "../update/codec-table.ts";
import type { UpdateKernels } from "../kernels/update-kernels.ts";
import type { UpdateCodec } from "../update/update-codec.ts";
import { unpackValues } from "./packed-values.ts";
import { rangesSize, type ValueRange } from "./value-ranges.ts";

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
  unpackTo(ranges, codec, packed, (block, position) => {
    for (let i = 0; i < block.length; i++) next[position + i]! += block[i]!;
  });
  return next;
}

/**
 * Unpacks values to where they belong.
 * @param target - The flat parameter vector; its values in the ranges are overwritten.
 * @param ranges - Which values are packed.
 * @param packed - May come from anywhere; not modified.
 * @throws TributaryError as `unpackValues` does.
 */
export function unpackRanges(
  target: Float32Array,
  ranges: readonly ValueRange[],
  codec: UpdateCodec,
  packed: Uint8Array,
): void {
  unpackTo(ranges, codec, packed, (block, position) => target.set(block, position));
}

/**
 * Unpacks the values of ranges.
 * @param sink - Gets pieces that lie within one range, each with the index of its first value in
 * the flat parameter vector.
 */
function unpackTo(
  ranges: readonly ValueRange[],
  codec: UpdateCodec,
  packed: Uint8Array,
  sink: (piece: Float32Array, position: number) => void,
): void {
  /** The range that the next value belongs to, and how many values the ranges before it have. */
  let range = 0;
  let before = 0;
  unpackValues(codec, packed, rangesSize(ranges), (block, offset) => {
    // A block of the codec may end within a range, and may reach over several.
    for (let i = 0; i < block.length;) {
      const { offset: start, length } = ranges[range]!;
      const within = offset + i - before;
      const run = Math.min(block.length - i, length - within);
      sink(block.subarray(i, i + run), start + within);
      i += run;
      if (within + run === length) {
        before += length;
        range += 1;
      }
    }
  });
}
