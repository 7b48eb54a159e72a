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
    for (let i = offset; i < offset + length; i++) {
      // An index outside an array gives NaN, which `clipUpdate` then refuses.
      update[filled++] = (local[i] ?? Number.NaN) - (global[i] ?? Number.NaN);
    }
  }
  return update;
}

/**
 * Scales an update so that its L2 norm is at most `clipNorm`.
 * @param update - Float32, shape [d]; scaled in place.
 * @param clipNorm - The bound on the L2 norm, in weight units, > 0; null for no bound.
 * @returns The norm before scaling, summed in float64.
 * @throws TributaryError `UPDATE_NOT_FINITE` when a value is not finite: no factor could repair
 *   that.
 * @see arXiv:1710.06963, Algorithm 1 (FlatClip)
 */
export function clipUpdate(update: Float32Array, clipNorm: number | null): number {
  let squares = 0;
  // The square of a float32 cannot overflow a float64, so the sum is finite when every value is.
  for (const value of update) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm)) {
    throw new TributaryError("UPDATE_NOT_FINITE", "The update has a value that is not finite", {
      remedy: "Training has probably diverged: lower the plan's learning rate.",
    });
  }
  const factor = clipFactor(squares, clipNorm ?? Infinity);
  if (factor < 1) {
    for (let i = 0; i < update.length; i++) update[i] = (update[i] ?? 0) * factor;
  }
  return norm;
}
