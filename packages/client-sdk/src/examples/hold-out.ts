import { TributaryError } from "@tributary/protocol";
import type { Examples } from "./examples.ts";

/**
 * Divides examples into those to train on and those to evaluate on (held-out examples). Every k-th
 * example is held out, k being 1/`fraction` rounded. The choice depends on an example's index only.
 * So the same examples are always divided in the same way, and when an app appends examples, no
 * example that was held out before becomes one to train on.
 * @param examples - The examples to divide; not modified.
 * @param fraction - The share to hold out, above 0 and at most 0.5.
 * @returns Copies of the examples, in their order.
 * @throws TributaryError `BAD_PARAMETER` when `fraction` is out of range.
 */
export function holdOut(
  examples: Examples,
  fraction: number,
): { readonly train: Examples; readonly heldOut: Examples } {
  if (!(fraction > 0 && fraction <= 0.5)) {
    throw new TributaryError("BAD_PARAMETER", `The fraction to hold out is ${fraction}`, {
      remedy: "Give a fraction above 0 and at most 0.5.",
    });
  }
  const every = Math.round(1 / fraction);
  const isHeldOut = (index: number): boolean => index % every === every - 1;
  return {
    train: pick(examples, (index) => !isHeldOut(index)),
    heldOut: pick(examples, isHeldOut),
  };
}

/** Copies the examples whose index `keep` accepts, in their order. */
function pick(examples: Examples, keep: (index: number) => boolean): Examples {
  const { features, featureShape, labels, labelShape } = examples;
  const size = (shape: readonly number[]): number => shape.reduce((all, one) => all * one, 1);
  const featureSize = size(featureShape);
  const labelSize = size(labelShape);
  const kept = Array.from({ length: examples.count }, (_, index) => index).filter(keep);
  const picked = {
    features: new Float32Array(kept.length * featureSize),
    labels:
      labels instanceof Int32Array
        ? new Int32Array(kept.length * labelSize)
        : new Float32Array(kept.length * labelSize),
  };
  kept.forEach((from, to) => {
    picked.features.set(
      features.subarray(from * featureSize, (from + 1) * featureSize),
      to * featureSize,
    );
    picked.labels.set(labels.subarray(from * labelSize, (from + 1) * labelSize), to * labelSize);
  });
  return { ...picked, featureShape, labelShape, count: kept.length };
}
