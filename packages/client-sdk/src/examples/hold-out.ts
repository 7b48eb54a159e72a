import { TributaryError } from "@tributary/protocol";
import type { Examples } from "./examples.ts";

/**
 * Divides examples into those to train on and those to evaluate on: every k-th one is held out, so that the same examples are
 * divided the same way each time and a store that only grows never trains on what it has held out.
 * @param examples - Not modified.
 * @param fraction - Share to hold out; above 0, at most 0.5. Rounded to one in k.
 * @returns Copies.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function holdOut(
  examples: Examples,
  fraction: number,
): { readonly train: Examples; readonly heldOut: Examples } {
  if (!(fraction > 0 && fraction <= 0.5)) {
    throw new TributaryError("BAD_PARAMETER", `A share of ${fraction} cannot be held out`, {
      remedy: "Hold out a share above 0 and at most 0.5.",
    });
  }
  const every = Math.round(1 / fraction);
  const isHeldOut = (index: number): boolean => index % every === every - 1;
  return {
    train: pick(examples, (index) => !isHeldOut(index)),
    heldOut: pick(examples, isHeldOut),
  };
}

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
