import { TributaryError, clipFactor, rangesSize, type ValueRange } from "@tributary/protocol";

/**
 * Computes the update, that is the change that training made to the trained parameters: Δ = w_local
 * − w_global.
 * @param local - All parameters after training; not modified.
 * @param global - All parameters before training; not modified.
 * @param trainable - The ranges of parameters that the plan trains.
 * @returns New Float32, shape [rangesSize(trainable)], in layout order.
 */
export function modelUpdate(
  local: Float32Array,
  global: Float32Array,
  trainable: readonly ValueRange[],
): Float32Array {
  const update = new Float32Array(rangesSize(trainable));
  let filled = 0;
  for (const { offset, length } of trainable) {
    const [after, before] = [local, global].map((all) => all.subarray(offset, offset + length));
    // An index outside an array gives NaN, which `clipUpdate` then refuses.
    for (let i = 0; i < length; i++) update[filled + i] = after![i]! - before![i]!;
    filled += length;
  }
  return update;
}

/**
 * Scales an update so that its L2 norm is at most `clipNorm`. The norm is summed in float64, where
 * no squares of finite values overflow.
 * @param update - Float32, shape [d]; scaled in place.
 * @param clipNorm - The bound on the L2 norm, in weight units, > 0; null for no bound, with which
 *   nothing is done: a codec checks the values that it encodes.
 * @throws TributaryError `UPDATE_NOT_FINITE` when a value is not finite: no factor could repair
 *   that.
 * @see arXiv:1710.06963, Algorithm 1 (FlatClip)
 */
export function clipUpdate(update: Float32Array, clipNorm: number | null): void {
  if (clipNorm === null) return;
  let squares = 0;
  for (let i = 0; i < update.length; i++) squares += update[i]! * update[i]!;
  if (!Number.isFinite(squares)) {
    throw new TributaryError("UPDATE_NOT_FINITE", "The update has a value that is not finite", {
      remedy: "Training has probably diverged: lower the plan's learning rate.",
    });
  }
  const factor = clipFactor(squares, clipNorm);
  if (factor === 1) return;
  for (let i = 0; i < update.length; i++) update[i]! *= factor;
}
