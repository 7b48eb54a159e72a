import {
  applyDifference,
  downloadCodec,
  gatherRanges,
  packValues,
  scatterRanges,
  unpackRanges,
  withStatistics,
  withoutRanges,
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
 * The source that decides how the values of one checkpoint are rounded. Its stream is named after the
 * task and the round, so that a seeded server and a simulation of it round alike.
 * @param roundNumber - The round that makes the checkpoint; 0 for the initial model.
 */
export function roundingOf(random: RandomSource, task: string, roundNumber: number): RandomSource {
  return random.derive(`${task} checkpoint ${roundNumber}`);
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
  terms: PackingTerms,
  deps: PackingDeps,
): Promise<ModelState> {
  const { download } = terms.plan;
  if (download.encoding !== "float16") return { weights };
  return packWhole(downloadCodec(download)!, weights, terms, deps);
}

/** The parts of `ModelTerms` that packing needs. */
type PackingTerms = Pick<ModelTerms, "plan" | "parts">;

/**
 * Packs the parameters that a server step has made, in the encoding that the plan names. The
 * packed values *are* the next state, so that every client starts from the very bits that the
 * server has. What the encoding loses becomes the residual, which the next step adds.
 *
 * The residual of a difference is never longer than the step. Clients train from a model without
 * it, and so bring most of it again. With a codec that loses much, a longer residual would take the
 * model past where they want it, further each time.
 *
 * Moving statistics travel as they are, behind what is packed.
 * @param next.stepped - The parameters after the step, float32, shape [d]; modified.
 * @param next.statistics - Replace the moving statistics in them, which the step has not changed.
 * @param before - The state that the step began with.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the encoding cannot hold a value.
 */
export async function packNextState(
  { stepped, statistics }: { readonly stepped: Float32Array; readonly statistics: Float32Array },
  before: ModelState,
  terms: PackingTerms,
  deps: PackingDeps,
): Promise<ModelState> {
  const { random, yieldTurn } = deps;
  const { plan, parts } = terms;
  const { download } = plan;
  const codec = downloadCodec(download);
  if (codec === undefined) {
    scatterRanges(statistics, parts.statistics, stepped);
    return { weights: stepped };
  }
  if (download.encoding === "float16") {
    await addTo(stepped, before.residual, yieldTurn);
    scatterRanges(statistics, parts.statistics, stepped);
    const rounded = await packWhole(codec, stepped, terms, deps);
    return { ...rounded, residual: await subtract(stepped, rounded.weights, yieldTurn) };
  }
  const step = await subtract(stepped, before.weights, yieldTurn);
  const stepLength = await lengthOf(step, yieldTurn);
  await addTo(stepped, before.residual, yieldTurn);
  await addTo(step, before.residual, yieldTurn);
  const change = gatherRanges(step, parts.updated);
  const packed = await packValues(codec, change, random, yieldTurn);
  await yieldTurn();
  const weights = applyDifference(before.weights, parts.updated, codec, packed);
  await yieldTurn();
  const residual = await subtract(stepped, weights, yieldTurn);
  await shortenTo(stepLength, residual, yieldTurn);
  scatterRanges(statistics, parts.statistics, weights);
  return { weights, difference: withStatistics(packed, statistics), residual };
}

async function packWhole(
  codec: UpdateCodec,
  values: Float32Array,
  { parts }: PackingTerms,
  { random, yieldTurn }: PackingDeps,
): Promise<ModelState> {
  const all = [{ offset: 0, length: values.length }];
  const rounded = withoutRanges(all, parts.statistics);
  const packed = await packValues(codec, gatherRanges(values, rounded), random, yieldTurn);
  const statistics = gatherRanges(values, parts.statistics);
  const weights = new Float32Array(values.length);
  unpackRanges(weights, rounded, codec, packed);
  scatterRanges(statistics, parts.statistics, weights);
  return { weights, packed: withStatistics(packed, statistics) };
}

/** Values that are handled between two looks at the time slice. */
const STRIDE = 65_536;

/** Calls `work` for the numbers below `count`, stretch by stretch. */
async function inStretches(
  count: number,
  yieldTurn: YieldTurn,
  work: (start: number, end: number) => void,
): Promise<void> {
  const slice = new TimeSlice(yieldTurn);
  for (let start = 0; start < count; start += STRIDE) {
    const end = Math.min(count, start + STRIDE);
    work(start, end);
    if (slice.isUsedUp(end - start)) await slice.yieldTurn();
  }
}

/** Adds `added` to `values` in place; does nothing without `added`. */
async function addTo(
  values: Float32Array,
  added: Float32Array | undefined,
  yieldTurn: YieldTurn,
): Promise<void> {
  if (added === undefined) return;
  await inStretches(values.length, yieldTurn, (start, end) => {
    for (let i = start; i < end; i++) values[i]! += added[i]!;
  });
}

/** Scales `values` in place so that their L2 norm is at most `longest`. */
async function shortenTo(
  longest: number,
  values: Float32Array,
  yieldTurn: YieldTurn,
): Promise<void> {
  const length = await lengthOf(values, yieldTurn);
  if (length <= longest) return;
  const factor = longest / length;
  await inStretches(values.length, yieldTurn, (start, end) => {
    for (let i = start; i < end; i++) values[i]! *= factor;
  });
}

/** Returns the L2 norm, summed in float64. */
async function lengthOf(values: Float32Array, yieldTurn: YieldTurn): Promise<number> {
  let squares = 0;
  await inStretches(values.length, yieldTurn, (start, end) => {
    for (let i = start; i < end; i++) squares += values[i]! * values[i]!;
  });
  return Math.sqrt(squares);
}

/** Returns a new Float32Array with a − b, value by value. */
async function subtract(
  a: Float32Array,
  b: Float32Array,
  yieldTurn: YieldTurn,
): Promise<Float32Array> {
  const difference = new Float32Array(a.length);
  await inStretches(a.length, yieldTurn, (start, end) => {
    for (let i = start; i < end; i++) difference[i] = a[i]! - b[i]!;
  });
  return difference;
}
