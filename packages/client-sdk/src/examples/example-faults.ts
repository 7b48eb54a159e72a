// How examples are found to be unusable, whatever the model is, and how that is said.
import { TributaryError, shapeSize } from "@tributary/protocol";
import type { Examples } from "./examples.ts";

/**
 * Checks that the arrays are as long as the count and the shapes say.
 * @param examples - Labels may be left out when they are not used.
 * @throws TributaryError `EXAMPLES_INVALID` when there are no examples, or an array has another
 *   length.
 */
export function requireConsistent(
  examples: Pick<Examples, "features" | "featureShape" | "count"> & Partial<Examples>,
): void {
  const { features, featureShape, labels, labelShape, count } = examples;
  if (!Number.isSafeInteger(count) || count < 1) throw noExamples();
  requireLength("features", features.length, count, featureShape);
  if (labels !== undefined) requireLength("labels", labels.length, count, labelShape ?? []);
}

/** Makes the error for no examples where some are needed. */
export const noExamples = (): TributaryError =>
  invalidExamples("There are no examples", "Take part only once there are some.");

function requireLength(
  what: string,
  length: number,
  count: number,
  shape: readonly number[],
): void {
  if (length === count * shapeSize(shape)) return;
  throw invalidExamples(
    `The ${what} have ${length} values, but ${count} examples of shape ${shapeText(shape)} have ${count * shapeSize(shape)}`,
    "Give the values of all examples, one example after the other.",
  );
}

/**
 * Makes the error for one example.
 * @param fault - What is wrong with it, as a clause that follows "Example 4".
 */
export function invalidExample(index: number, fault: string): TributaryError {
  return new TributaryError("EXAMPLES_INVALID", `Example ${index} ${fault}`, {
    remedy: "Correct this example or leave it out.",
    context: { index },
  });
}

/** Makes the error for examples that are wrong as a whole. */
export function invalidExamples(cause: string, remedy: string): TributaryError {
  return new TributaryError("EXAMPLES_INVALID", cause, { remedy });
}

/** Writes a shape for a message. */
export const shapeText = (shape: readonly (number | null)[]): string =>
  `[${shape.map((size) => (size === null ? "any" : size)).join(", ")}]`;
