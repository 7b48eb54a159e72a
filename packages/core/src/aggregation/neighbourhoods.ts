import type { HeldUpdates } from "./held-updates.ts";
import type { TimeSlice } from "./time-slice.ts";

/** The distances between all updates. */
export interface Neighbourhoods {
  /** Float64, shape [n][n]: ‖Δ_i − Δ_j‖₂², weight units squared. */
  readonly squaredDistances: readonly Float64Array[];
  /**
   * For each update the indices of all others, the nearest first. Updates at the same distance are
   * in the order of their indices.
   */
  readonly nearest: readonly Uint16Array[];
}

/** The bytes of `Neighbourhoods` for each ordered pair of updates. */
export const NEIGHBOURHOOD_BYTES: number = 8 + 2;

/**
 * Computes the distances between all updates in float64. Each distance is summed in the order of
 * the values, so that the distance of two updates always has the same bits.
 */
export async function neighbourhoods(held: HeldUpdates, slice: TimeSlice): Promise<Neighbourhoods> {
  const n = held.count;
  const squaredDistances = Array.from({ length: n }, () => new Float64Array(n));
  const rows = held.rows(n);
  for (const { offset, length } of held.blocks()) {
    for (const [update, row] of rows.entries()) {
      held.read(update, offset, length, row);
      if (slice.isUsedUp(length)) await slice.yieldTurn();
    }
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        squaredDistances[i]![j]! += squaredDistance(rows[i]!, rows[j]!, length);
        if (slice.isUsedUp(length)) await slice.yieldTurn();
      }
    }
  }
  // Each distance was computed once, above the diagonal. Here it is copied below the diagonal.
  const nearest: Uint16Array[] = [];
  for (let i = 0; i < n; i++) {
    const distances = squaredDistances[i]!;
    for (let j = 0; j < i; j++) distances[j] = squaredDistances[j]![i]!;
    // The sort is stable, so that equally near updates keep their order.
    const others = Uint16Array.from({ length: n - 1 }, (_, k) => (k < i ? k : k + 1));
    nearest.push(others.sort((a, b) => distances[a]! - distances[b]!));
    if (slice.isUsedUp(n * 16)) await slice.yieldTurn(); // a sort compares about log₂ n times
  }
  return { squaredDistances, nearest };
}

function squaredDistance(a: Float32Array, b: Float32Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum;
}
