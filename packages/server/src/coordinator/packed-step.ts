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
import { Pace, type Rest } from "../aggregation/pace.ts";
import type { TaskBase } from "./task-base.ts";
import type { TaskModel } from "./task-model.ts";

interface PackingDeps {
  readonly random: RandomSource;
  readonly rest: Rest;
}

/** Parameters in the form in which they travel. */
export type PackedStep = Pick<TaskBase, "weights" | "packed" | "residual" | "difference">;

/**
 * Brings the parameters after a step into the form in which they travel, so that every client starts from the bits that
 * the server has: the checkpoint is what was packed. What it cannot say of the step is the residual, which goes into the next.
 * @param meant - Float32, shape [layout.size]: the parameters as the step made them; the residual of `base` is added in place.
 * @param base - The checkpoint before.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the form cannot hold a value.
 */
export async function packedStep(
  meant: Float32Array,
  base: TaskBase,
  { plan, ranges }: Pick<TaskModel, "plan" | "ranges">,
  deps: PackingDeps,
): Promise<PackedStep> {
  const { random, rest } = deps;
  const { download } = plan;
  const codec = downloadCodec(download);
  if (codec === undefined) return { weights: meant };
  await addTo(meant, base.residual, rest);
  if (download.encoding === "float16") {
    const rounded = await packedWhole(codec, meant, deps);
    return { ...rounded, residual: await subtract(meant, rounded.weights, rest) };
  }
  const change = gatherRanges(await subtract(meant, base.weights, rest), ranges);
  const packed = await packValues(codec, change, random, rest);
  await rest();
  const weights = applyDifference(base.weights, ranges, codec, packed);
  await rest();
  const residual = await subtract(meant, weights, rest);
  return { weights, residual, difference: { base: base.checkpointId, packed } };
}

/**
 * Parameters from elsewhere than a step, such as a task's first, in the form in which they travel whole.
 * @param weights - Not modified.
 */
export async function packedStart(
  weights: Float32Array,
  download: DownloadSpec,
  deps: PackingDeps,
): Promise<Pick<PackedStep, "weights" | "packed">> {
  if (download.encoding !== "float16") return { weights };
  return packedWhole(downloadCodec(download)!, weights, deps);
}

async function packedWhole(
  codec: UpdateCodec,
  values: Float32Array,
  { random, rest }: PackingDeps,
): Promise<{ readonly weights: Float32Array; readonly packed: Uint8Array }> {
  const packed = await packValues(codec, values, random, rest);
  const weights = new Float32Array(values.length);
  unpackValues(codec, packed, values.length, (block, offset) => weights.set(block, offset));
  return { weights, packed };
}

/** Values between two looks at whether it is time to rest. */
const STRIDE = 65_536;

/** In place. */
async function addTo(
  values: Float32Array,
  added: Float32Array | undefined,
  rest: Rest,
): Promise<void> {
  if (added === undefined) return;
  const pace = new Pace(rest);
  for (let start = 0; start < values.length; start += STRIDE) {
    const end = Math.min(values.length, start + STRIDE);
    for (let i = start; i < end; i++) values[i]! += added[i]!;
    if (pace.spent(end - start)) await pace.rest();
  }
}

/** New Float32: a − b, value by value. */
async function subtract(a: Float32Array, b: Float32Array, rest: Rest): Promise<Float32Array> {
  const difference = new Float32Array(a.length);
  const pace = new Pace(rest);
  for (let start = 0; start < a.length; start += STRIDE) {
    const end = Math.min(a.length, start + STRIDE);
    for (let i = start; i < end; i++) difference[i] = a[i]! - b[i]!;
    if (pace.spent(end - start)) await pace.rest();
  }
  return difference;
}
