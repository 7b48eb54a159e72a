import { takeExamples, type Examples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";

/** Which labels are changed to which. */
export interface LabelFlip {
  /** Labels of other classes stay as they are; all are changed if left out. */
  readonly from?: number;
  /** Each class k becomes classCount − 1 − k if left out. */
  readonly to?: number;
}

/**
 * Changes labels in place.
 * @throws TributaryError `BAD_PARAMETER` when the examples have no classes.
 */
export function flipLabels(
  examples: Examples,
  { from, to }: LabelFlip,
  classCount: number,
): Examples {
  const { labels } = requireClasses(examples);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (from === undefined || label === from) labels[i] = to ?? classCount - 1 - label;
  }
  return examples;
}

/**
 * The examples whose labels a flip changes, with the labels that they then have. Examples with more
 * than one label each are left out.
 */
export function flippedExamples(examples: Examples, flip: LabelFlip, classCount: number): Examples {
  const flipped = flipLabels(
    examplesWhere(examples, () => true),
    flip,
    classCount,
  );
  return examplesWhere(flipped, (row) => flipped.labels[row] !== examples.labels[row]);
}

/** Copies of the examples that are wanted, of those that have one label each. */
export function examplesWhere(examples: Examples, isWanted: (row: number) => boolean): Examples {
  const { count, labels } = examples;
  const rows = Array.from({ length: labels.length === count ? count : 0 }, (_, row) => row);
  return takeExamples(examples, rows.filter(isWanted));
}

/** @throws TributaryError `BAD_PARAMETER` unless each label is the index of a class. */
export function requireClasses(examples: Examples): Examples & { readonly labels: Int32Array } {
  const { labels } = examples;
  if (labels instanceof Int32Array) return { ...examples, labels };
  throw new TributaryError("BAD_PARAMETER", "An attack on labels needs labels that are classes", {
    remedy: "Use another attack, or data with classes.",
  });
}
