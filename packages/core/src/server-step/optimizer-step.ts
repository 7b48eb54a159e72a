import { TributaryError, firstNonFinite, type ValueRange } from "@tributary/protocol";
import type { CombinedUpdate } from "../aggregation/aggregation-rule.ts";
import { TimeSlice, type YieldTurn } from "../aggregation/time-slice.ts";
import { memorySize } from "./optimizer-memory.ts";
import type { OptimizerMemory, ServerOptimizer } from "./server-optimizer.ts";

/** Number of values that are handled at a time. So few fit into the first-level cache. */
const STRIDE = 4_096;

/** The parameters of a model, with what a server optimizer remembers of them. */
export interface OptimizedWeights {
  /** Float32, shape [d]. */
  readonly weights: Float32Array;
  /** Absent before the first step, and with an optimizer that remembers nothing. */
  readonly memory?: OptimizerMemory;
}

/**
 * Applies the combined update of a round. Only the parameters that are trained pass through the
 * optimizer; all others are copied.
 * @param before - The parameters that the round began with; not modified, nor is the memory.
 * @param ranges - Where the update's values belong in the weights, ascending. Their lengths add up
 *   to the length of an update.
 * @param yieldTurn - Called between slices of work, so that nothing else waits for more than a few
 *   milliseconds.
 * @returns New arrays.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when a parameter, or what is remembered of it, would
 *   leave the range of float32.
 */
export async function optimizerStep(
  optimizer: ServerOptimizer,
  before: OptimizedWeights,
  ranges: readonly ValueRange[],
  { sums, weight }: CombinedUpdate,
  yieldTurn: YieldTurn,
): Promise<OptimizedWeights> {
  const { dimension } = sums;
  const weights = before.weights.slice();
  const remembered = Object.entries(optimizer.remembers);
  const memory = new Float32Array(memorySize(optimizer, dimension));
  /** The part of each vector for so many parameters, as it was before the step. */
  const recall = (start: number, count: number): Readonly<Record<string, Float32Array>> =>
    Object.fromEntries(
      remembered.map(([name, first], index) => {
        const from = index * dimension + start;
        const part = memory.subarray(from, from + count);
        if (before.memory === undefined) part.fill(first);
        else part.set(before.memory.subarray(from, from + count));
        return [name, part];
      }),
    );
  const stepsPerValue = 1 + remembered.length;
  const slice = new TimeSlice(yieldTurn);
  const buffer = new Float64Array(Math.min(dimension, STRIDE));
  let start = 0; // index of the range's first value within the update
  for (const { offset, length } of ranges) {
    for (let done = 0; done < length; done += STRIDE) {
      const count = Math.min(STRIDE, length - done);
      const parameters = weights.subarray(offset + done, offset + done + count);
      const part = buffer.subarray(0, count);
      sums.read(start + done, part);
      const recalled = recall(start + done, count);
      optimizer.move({ parameters, sums: part, weight, memory: recalled });
      // Without a memory a step is η times an update, whose values are bounded.
      if (remembered.length > 0) [parameters, ...Object.values(recalled)].forEach(requireFinite);
      if (slice.isUsedUp(stepsPerValue * count)) await slice.yieldTurn();
    }
    start += length;
  }
  return remembered.length === 0 ? { weights } : { weights, memory };
}

function requireFinite(values: Float32Array): void {
  const index = firstNonFinite(values);
  if (index < 0) return;
  throw new TributaryError(
    "UPDATE_OUT_OF_RANGE",
    `The server's step would make a value ${values[index]}: the round's update is too large`,
    { remedy: "Lower the learning rates, or set clipNorm in the plan of a new task." },
  );
}
