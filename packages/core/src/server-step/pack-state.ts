import {
  applyDifference,
  downloadCodec,
  gatherRanges,
  packValues,
  unpackValues,
  type DownloadSpec,
  type RandomSource,
  type UpdateCodec,
} from "@tributary/protocol";
import { TimeSlice, type YieldTurn } from "../aggregation/time-slice.ts";
import type { ModelState, ModelTerms } from "./model-state.ts";

/** What packing needs from its surroundings. */
export interface PackingDeps {
  /** Decides how values are rounded. */
  readonly random: RandomSource;
  /** Called between slices of work, so that nothing else waits for more than a few milliseconds. */
  readonly yieldTurn: YieldTurn;
}

/**
 * Packs the first state of a task's model, or one that was read from a store.
 * @param weights - Float32, shape [d]; not modified.
 * @returns The state that every client can download to the last bit: with an encoding that rounds,
 *   its weights are the rounded ones.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the encoding cannot hold a value.
 */
export async function packInitialState(
  weights: Float32Array,
  download: DownloadSpec,
  deps: PackingDeps,
): Promise<ModelState> {
  if (download.encoding !== "float16") return { weights };
  return packWhole(downloadCodec(download)!, weights, deps);
}

/**
 * Packs the parameters that a server step has made, in the encoding that the plan names. The
 * packed values *are* the next state, so that every client starts from the very bits that the
 * server has. What the encoding loses becomes the residual, which the next step adds.
 * @param stepped - The parameters after the step, float32, shape [d]. The residual of `before` is
 *   added to it in place.
 * @param before - The state that the step began with.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the encoding cannot hold a value.
 */
export async function packNextState(
  stepped: Float32Array,
  before: ModelState,
  { plan, ranges }: Pick<ModelTerms, "plan" | "ranges">,
  deps: PackingDeps,
): Promise<ModelState> {
  const { random, yieldTurn } = deps;
  const { download } = plan;
  const codec = downloadCodec(download);
  if (codec === undefined) return { weights: stepped };
  await addTo(stepped, before.residual, yieldTurn);
  if (download.encoding === "float16") {
    const rounded = await packWhole(codec, stepped, deps);
    return { ...rounded, residual: await subtract(stepped, rounded.weights, yieldTurn) };
  }
  const change = gatherRanges(await subtract(stepped, before.weights, yieldTurn), ranges);
  const difference = await packValues(codec, change, random, yieldTurn);
  await yieldTurn();
  const weights = applyDifference(before.weights, ranges, codec, difference);
  await yieldTurn();
  return { weights, difference, residual: await subtract(stepped, weights, yieldTurn) };
}

async function packWhole(
  codec: UpdateCodec,
  values: Float32Array,
  { random, yieldTurn }: PackingDeps,
): Promise<ModelState> {
  const packed = await packValues(codec, values, random, yieldTurn);
  const weights = new Float32Array(values.length);
  unpackValues(codec, packed, values.length, (block, offset) => weights.set(block, offset));
  return { weights, packed };
}

/** Values that are handled between two looks at the time slice. */
const STRIDE = 65_536;

/** Adds `added` to `values` in place; does nothing without `added`. */
async function addTo(
  values: Float32Array,
  added: Float32Array | undefined,
  yieldTurn: YieldTurn,
): Promise<void> {
  if (added === undefined) return;
  const slice = new TimeSlice(yieldTurn);
  for (let start = 0; start < values.length; start += STRIDE) {
    const end = Math.min(values.length, start + STRIDE);
    for (let i = start; i < end; i++) values[i]! += added[i]!;
    if (slice.isUsedUp(end - start)) await slice.yieldTurn();
  }
}

/** Returns a new Float32Array with a − b, value by value. */
async function subtract(
  a: Float32Array,
  b: Float32Array,
  yieldTurn: YieldTurn,
): Promise<Float32Array> {
  const difference = new Float32Array(a.length);
  const slice = new TimeSlice(yieldTurn);
  for (let start = 0; start < a.length; start += STRIDE) {
    const end = Math.min(a.length, start + STRIDE);
    for (let i = start; i < end; i++) difference[i] = a[i]! - b[i]!;
    if (slice.isUsedUp(end - start)) await slice.yieldTurn();
  }
  return difference;
}
