// The Normalization of Keras, which tfjs lacks, as a layer that tfjs has.
import type { Fields } from "./fields.ts";
import { unsupportedLayer } from "./unsupported-layer.ts";

/** The least standard deviation that Keras divides by, and its square. */
const LEAST_DEVIATION = 1e-7;
const LEAST_VARIANCE = 1e-14;

/**
 * Rewrites a layer that normalises by a mean and a variance which nothing trains. Where they are
 * settings it scales. Where they are weights, which `WeightNames` renames, it is a frozen batch
 * normalisation.
 * @throws TributaryError `MODEL_UNSUPPORTED` for settings that have no such form.
 */
export function normalization(
  name: string,
  { mean, variance, axis, invert, ...rest }: Fields,
): { class_name: string; config: Fields } {
  const refused = (fault: string): Error =>
    unsupportedLayer(name, fault, "Normalise the last axis, by one mean for each of its places.");
  if (invert === true) throw refused("it undoes a normalisation");
  const axes: readonly unknown[] = Array.isArray(axis) ? axis : [axis ?? -1];
  if (typeof mean !== "object" || mean === null) {
    if (typeof mean === "number" && typeof variance === "number") {
      const [scale, offset] = scaleOf(mean, variance);
      return { class_name: "Rescaling", config: { ...rest, scale, offset } };
    }
    if (axes.length !== 1) throw refused(`its axes are ${JSON.stringify(axes).slice(0, 40)}`);
    const frozen = { trainable: false, scale: false, center: false };
    const config = { ...rest, ...frozen, axis: axes[0], epsilon: LEAST_VARIANCE };
    return { class_name: "BatchNormalization", config };
  }
  const [means, variances] = [numbersIn(mean), numbersIn(variance)];
  if (means === undefined || means.length !== variances?.length || axes.length !== 1) {
    throw refused("its means and variances are no lists of one length");
  }
  const scales = means.map((one, index) => scaleOf(one, variances[index]!));
  const config = { scale: scales.map(([scale]) => scale), offset: scales.map(([, term]) => term) };
  return { class_name: "Rescaling", config: { ...rest, ...config } };
}

/** What a number is multiplied by, and what is added then. */
function scaleOf(mean: number, variance: number): readonly [scale: number, offset: number] {
  const scale = 1 / Math.max(Math.sqrt(variance), LEAST_DEVIATION);
  return [scale, -mean * scale];
}

/** The numbers of a list, which may be in lists of one item. */
function numbersIn(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  if (value.length === 1 && Array.isArray(value[0])) return numbersIn(value[0]);
  return value.every((item): item is number => typeof item === "number") ? value : undefined;
}
