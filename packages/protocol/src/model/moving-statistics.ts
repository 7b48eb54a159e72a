// The moving statistics of batch normalisation: the mean and the variance of each channel, as the
// layer has seen them in training. They are parameters of the model, but nothing trains them by a
// gradient, and they are in the units of the data. So they are no part of an update.
import { concatBytes } from "../bytes/encoding.ts";
import { copyFloat32, firstNonFinite, float32Bytes } from "../bytes/float32-bytes.ts";
import { TributaryError } from "../errors.ts";
import { malformed, notFinite } from "../update/update-codec.ts";
import type { Parameter, ParameterLayout } from "./parameter-layout.ts";
import type { ValueRange } from "./value-ranges.ts";

/**
 * The largest magnitude of a mean; its square is the largest variance. What is pooled of such
 * statistics is at most 2¹²⁶, which a float32 holds.
 */
const MAX_MEAN = 2 ** 62;

/** The momentum of a layer that names none, as in Keras. */
const USUAL_MOMENTUM = 0.99;

/** A BatchNormalization layer of a model, and where its parameters lie. */
export interface NormalizedChannels {
  /** The parameters of the layer, `gamma` and `beta` included where it has them. */
  readonly parameters: readonly Parameter[];
  /** Where the means are, and where the variances are: two ranges of one length. */
  readonly statistics: readonly [mean: ValueRange, variance: ValueRange];
  /** What is left of the old statistics after one step of training; from 0 to 1. */
  readonly momentum: number;
}

/**
 * Finds the BatchNormalization layers of a model, within other models and layers too. They are the
 * same for everyone who knows the topology and the layout.
 * @param topology - `{ class_name, config }`, as tfjs writes it. It may come from a stranger.
 * @returns In the order of the layout.
 */
export function normalizedChannels(
  topology: object,
  layout: ParameterLayout,
): readonly NormalizedChannels[] {
  const momenta = momentaOf(topology);
  const layers = new Map<string, Parameter[]>();
  for (const parameter of layout.parameters) {
    const owner = parameter.name.slice(0, parameter.name.lastIndexOf("/"));
    const layer = owner.slice(owner.lastIndexOf("/") + 1);
    if (!momenta.has(layer)) continue;
    const found = layers.get(owner);
    if (found === undefined) layers.set(owner, [parameter]);
    else found.push(parameter);
  }
  return Array.from(layers).flatMap(([owner, parameters]) => {
    const [mean, variance] = ["moving_mean", "moving_variance"].map((name) =>
      parameters.find((parameter) => parameter.name === `${owner}/${name}`),
    );
    if (mean === undefined || mean.size !== variance?.size) return [];
    const momentum = momenta.get(owner.slice(owner.lastIndexOf("/") + 1)) ?? USUAL_MOMENTUM;
    return [{ parameters, statistics: [rangeOf(mean), rangeOf(variance)], momentum }];
  });
}

/** The momentum of each BatchNormalization layer in a topology, by the layer's name. */
function momentaOf(topology: object): ReadonlyMap<string, number> {
  const momenta = new Map<string, number>();
  const open: unknown[] = [topology];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const config: unknown = Reflect.get(value, "config");
    if (Reflect.get(value, "class_name") !== "BatchNormalization" || !isObject(config)) {
      for (const inner of Object.values(value)) if (isObject(inner)) open.push(inner);
      continue;
    }
    const name: unknown = Reflect.get(config, "name");
    const momentum: unknown = Reflect.get(config, "momentum");
    const isValid = typeof momentum === "number" && momentum >= 0 && momentum <= 1;
    momenta.set(String(name), isValid ? momentum : USUAL_MOMENTUM);
  }
  return momenta;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function rangeOf({ offset, size }: Parameter): ValueRange {
  return { offset, length: size };
}

/**
 * Where the statistics of layers are, in the order in which they travel: the means of all layers,
 * then the variances of all layers.
 */
export function statisticsRanges(layers: readonly NormalizedChannels[]): readonly ValueRange[] {
  return [
    ...layers.map(({ statistics: [mean] }) => mean),
    ...layers.map(({ statistics: [, variance] }) => variance),
  ];
}

/**
 * Makes the statistics of a training those of the examples that it has seen. Each step mixes the
 * statistics of a batch with those that were there, so that after the few steps of a round much of
 * the checkpoint's is left. That part is taken out again. What is left are the means and variances
 * of this client alone, which can be pooled with those of others.
 * @param trained - All parameters after training; the statistics in it are replaced.
 * @param before - All parameters before training; not modified.
 * @param steps - Number of steps between the two.
 */
export function settleStatistics(
  trained: Float32Array,
  before: Float32Array,
  layers: readonly NormalizedChannels[],
  steps: number,
): void {
  for (const { statistics, momentum } of layers) {
    const kept = momentum ** steps;
    if (!(kept < 1)) continue;
    const [mean, variance] = statistics;
    const own = (i: number): number => (trained[i]! - kept * before[i]!) / (1 - kept);
    for (let i = 0; i < mean.length; i++) {
      trained[mean.offset + i] = own(mean.offset + i);
      // A rounding may have taken a variance below 0.
      trained[variance.offset + i] = Math.max(0, own(variance.offset + i));
    }
  }
}

/**
 * Checks statistics that a client reports.
 * @param statistics - Means, then as many variances.
 * @throws TributaryError `UPDATE_NOT_FINITE`; `UPDATE_MALFORMED` for a variance below 0;
 *   `UPDATE_OUT_OF_RANGE` for what could not be pooled within float32.
 */
export function checkStatistics(statistics: Float32Array): void {
  const bad = firstNonFinite(statistics);
  if (bad >= 0) throw notFinite(bad, statistics[bad]);
  const channels = statistics.length / 2;
  for (let i = 0; i < channels; i++) {
    const mean = statistics[i]!;
    const variance = statistics[channels + i]!;
    if (variance < 0) throw malformed(`The variance of channel ${i} is ${variance}`, i);
    if (Math.abs(mean) <= MAX_MEAN && variance <= MAX_MEAN ** 2) continue;
    throw new TributaryError(
      "UPDATE_OUT_OF_RANGE",
      `Channel ${i} of batch normalisation has the mean ${mean} and the variance ${variance}`,
      { remedy: "Scale the features: float32 cannot pool values of this magnitude." },
    );
  }
}

/**
 * Puts statistics behind what is encoded.
 * @param head - Returned as it is when there are no statistics.
 */
export function withStatistics(head: Uint8Array, statistics: Float32Array): Uint8Array {
  return statistics.length === 0 ? head : concatBytes(head, float32Bytes(statistics));
}

const NO_STATISTICS = new Float32Array(0);

/**
 * Divides bytes into what comes first and the statistics at their end.
 * @param bytes - Of any alignment; not modified.
 * @param count - Number of the statistics.
 * @returns `head`, a view of the bytes; `statistics`, new Float32, shape [count].
 * @throws TributaryError `UPDATE_SHAPE` when there are fewer bytes than the statistics take.
 */
export function splitStatistics(
  bytes: Uint8Array,
  count: number,
): { readonly head: Uint8Array; readonly statistics: Float32Array } {
  if (count === 0) return { head: bytes, statistics: NO_STATISTICS };
  const end = bytes.length - 4 * count;
  if (end < 0) {
    throw new TributaryError(
      "UPDATE_SHAPE",
      `${bytes.length} bytes cannot hold ${count} moving statistics`,
    );
  }
  const statistics = new Float32Array(count);
  copyFloat32(bytes.subarray(end), statistics);
  return { head: bytes.subarray(0, end), statistics };
}
