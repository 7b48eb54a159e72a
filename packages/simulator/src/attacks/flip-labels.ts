import type { Examples } from "@tributary/client-sdk";
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

/** @throws TributaryError `BAD_PARAMETER` unless each label is the index of a class. */
export function requireClasses(examples: Examples): Examples & { readonly labels: Int32Array } {
  const { labels } = examples;
  if (labels instanceof Int32Array) return { ...examples, labels };
  throw new TributaryError("BAD_PARAMETER", "An attack on labels needs labels that are classes", {
    remedy: "Use another attack, or data with classes.",
  });
}
