import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import type { SelectedBlock } from "./selection.ts";

/** Blocks that lie side by side stay together up to this size, bytes: they are read at once. */
const RUN_BYTES = 512 * 2 ** 10;

/**
 * Draws an order of examples that reads each block once or twice: runs of blocks that lie side by
 * side are put in a random order, and the examples are then shuffled within windows of it. Not every
 * order can come out: two examples of one run are never further apart than two windows.
 * @param starts - The index of each block's first example, and the count behind the last block.
 * @param window - The number of examples in a window.
 */
export function windowedOrder(
  selected: readonly SelectedBlock[],
  starts: Uint32Array,
  window: number,
  random: RandomSource,
): Uint32Array {
  const runs = runsOf(selected, starts);
  const order = new Uint32Array(starts.at(-1)!);
  let length = 0;
  for (const run of shuffledIndices(runs.length, random.derive("runs"))) {
    const [from, to] = runs[run]!;
    for (let example = from; example < to; example++) order[length++] = example;
  }
  for (let from = 0; from < order.length; from += window) {
    const part = order.slice(from, from + window);
    const shuffled = shuffledIndices(part.length, random.derive(`window ${from / window}`));
    for (let i = 0; i < part.length; i++) order[from + i] = part[shuffled[i]!]!;
  }
  return order;
}

/** The examples of each run: the first one, and the one behind the last. */
function runsOf(
  selected: readonly SelectedBlock[],
  starts: Uint32Array,
): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  let bytes = RUN_BYTES;
  selected.forEach(({ entry }, index) => {
    if (bytes >= RUN_BYTES) {
      runs.push([starts[index]!, 0]);
      bytes = 0;
    }
    runs.at(-1)![1] = starts[index + 1]!;
    bytes += entry.bytes;
  });
  return runs;
}
