// The robust rules as their papers define them, on small lists of numbers. Nothing is encoded or
// divided into blocks, so that the code is easy to compare with the papers.
import type { AggregationSpec } from "@tributary/protocol";

type Vector = readonly number[];

/**
 * Returns the combined update. Of equal scores the first one wins, so that `updates` have to be in
 * the order of their hashes.
 */
export function combineByTheBook(spec: AggregationSpec, updates: readonly Vector[]): number[] {
  const n = updates.length;
  switch (spec.rule) {
    case "mean":
      return meanOf(updates);
    case "normBound":
      return meanOf(
        updates.map((update) => {
          const factor = Math.min(1, spec.maximumNorm / Math.hypot(...update));
          return update.map((value) => value * factor);
        }),
      );
    case "median":
      return columns(updates).map(median);
    case "trimmedMean":
      return columns(updates).map((column) =>
        mean(sorted(column).slice(spec.byzantine, n - spec.byzantine)),
      );
    case "krum":
      return [...updates[ranking(updates, spec.byzantine)[0]!]!];
    case "multiKrum": {
      const chosen = ranking(updates, spec.byzantine);
      return meanOf(
        chosen.slice(0, spec.selected ?? n - spec.byzantine - 2).map((i) => updates[i]!),
      );
    }
    case "bulyan": {
      const left = [...updates];
      const chosen: Vector[] = [];
      while (chosen.length < n - 2 * spec.byzantine) {
        chosen.push(...left.splice(ranking(left, spec.byzantine)[0]!, 1));
      }
      return columns(chosen).map((column) => {
        const middle = median(column);
        const near = sorted(column).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
        return mean(near.slice(0, chosen.length - 2 * spec.byzantine));
      });
    }
  }
}

/** Returns the indices of the updates in the order of their Krum scores, the smallest first. */
function ranking(updates: readonly Vector[], byzantine: number): number[] {
  const n = updates.length;
  const neighbours = Math.min(n - 1, Math.max(1, n - byzantine - 2));
  const scores = updates.map((update, i) => {
    const others = updates.filter((_, j) => j !== i).map((other) => squaredDistance(update, other));
    return sum(sorted(others).slice(0, neighbours));
  });
  return [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
}

const sum = (values: Vector): number => values.reduce((total, value) => total + value, 0);
const mean = (values: Vector): number => sum(values) / values.length;
const sorted = (values: Vector): number[] => [...values].sort((a, b) => a - b);
const squaredDistance = (a: Vector, b: Vector): number => sum(a.map((x, i) => (x - b[i]!) ** 2));
const columns = (updates: readonly Vector[]): number[][] =>
  updates[0]!.map((_, i) => updates.map((update) => update[i]!));
const meanOf = (updates: readonly Vector[]): number[] => columns(updates).map(mean);

function median(values: Vector): number {
  const order = sorted(values);
  return (order[(order.length - 1) >> 1]! + order[order.length >> 1]!) / 2;
}
