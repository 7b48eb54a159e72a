import { eventLoopBreak } from "../runtime/event-loop-break.ts";

/** How many values are copied at once: a millisecond or two of work. */
const PIECE = 1 << 20;

/**
 * Copies an array and lets other work of the thread run in between.
 * @param values - Not modified; must not change meanwhile.
 * @returns A copy in memory of its own.
 */
export async function copyInPieces<Values extends Float32Array | Int32Array>(
  values: Values,
): Promise<Values & { readonly buffer: ArrayBuffer }> {
  const copy =
    values instanceof Float32Array
      ? new Float32Array(values.length)
      : new Int32Array(values.length);
  const pause = eventLoopBreak();
  for (let from = 0; from < values.length; from += PIECE) {
    copy.set(values.subarray(from, from + PIECE), from);
    await pause();
  }
  return copy as Values & { readonly buffer: ArrayBuffer };
}
