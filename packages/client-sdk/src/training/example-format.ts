import { TributaryError, labelsOf, type LossName } from "@tributary/protocol";
import type { Examples } from "../examples/examples.ts";

/** How examples are handed to a model: checked once a request, then used for every batch. */
export interface ExampleFormat {
  /** Shape of one input as the model takes it. */
  readonly inputShape: readonly number[];
  /** Values in one input. */
  readonly inputSize: number;
  /** Shape of one output, and of one target. */
  readonly outputShape: readonly number[];
  /** Values in one output, and in one target. */
  readonly outputSize: number;
  /** Classes when labels are class indices, which become one-hot targets; else undefined. */
  readonly classCount: number | undefined;
}

/** Shape of one input or output as a model states it; null where any size will do. */
export type OpenShape = readonly (number | null)[];

/**
 * The shape that features get for a model: the model's own when the number of values agrees, so
 * that images may be given flat and the other way round.
 * @throws TributaryError `EXAMPLES_INVALID` naming both shapes.
 */
export function inputShapeFor(modelShape: OpenShape, featureShape: readonly number[]): number[] {
  const known = modelShape.filter((size) => size !== null);
  if (known.length === modelShape.length) {
    if (sizeOf(known) === sizeOf(featureShape)) return known;
  } else if (
    modelShape.length === featureShape.length &&
    modelShape.every((size, index) => size === null || size === featureShape[index])
  ) {
    return [...featureShape];
  }
  throw invalid(
    `The examples' features have the shape ${shapeText(featureShape)} where the model takes ${shapeText(modelShape)}`,
    "Give features with as many values as the model takes.",
  );
}

/**
 * Decides how labels become targets. With a cross-entropy over classes, labels are class indices,
 * one for each row of the output, unless they have as many values as the output: then they are the
 * classes' probabilities.
 * @throws TributaryError `EXAMPLES_INVALID` naming both shapes.
 */
export function exampleFormat(
  loss: LossName,
  inputShape: readonly number[],
  outputShape: readonly number[],
  labelShape: readonly number[],
): ExampleFormat {
  const outputSize = sizeOf(outputShape);
  const labelSize = sizeOf(labelShape);
  const classCount = outputShape.at(-1) ?? 1;
  const format = { inputShape, inputSize: sizeOf(inputShape), outputShape, outputSize };
  const labels = labelsOf(loss);
  const overClasses = labels === "classes" || labels === "classIndices";
  if (overClasses && labelSize === outputSize / classCount) return { ...format, classCount };
  if (labels !== "classIndices" && labelSize === outputSize) {
    return { ...format, classCount: undefined };
  }
  throw invalid(
    `The examples' labels have the shape ${shapeText(labelShape)} where the model's outputs have ${shapeText(outputShape)}`,
    overClasses ? "Give a class index for each example." : "Give a label of the output's shape.",
  );
}

/**
 * Checks lengths against count and shapes.
 * @param examples - Labels may be left out where they are not used.
 * @throws TributaryError `EXAMPLES_INVALID`.
 */
export function requireConsistent(
  examples: Pick<Examples, "features" | "featureShape" | "count"> & Partial<Examples>,
): void {
  const { features, featureShape, labels, labelShape, count } = examples;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw invalid("There are no examples", "Wait until there are some before taking part.");
  }
  requireLength("features", features.length, count, featureShape);
  if (labels !== undefined) requireLength("labels", labels.length, count, labelShape ?? []);
}

function requireLength(
  what: string,
  length: number,
  count: number,
  shape: readonly number[],
): void {
  if (length === count * sizeOf(shape)) return;
  throw invalid(
    `The examples have ${length} values of ${what} where ${count} of the shape ${shapeText(shape)} have ${count * sizeOf(shape)}`,
    "Give every example's values, one after the other.",
  );
}

/**
 * Checks one example's values.
 * @throws TributaryError `EXAMPLES_INVALID` naming the example's index.
 */
export function requireUsable(
  examples: Examples,
  index: number,
  format: ExampleFormat,
  loss: LossName,
): void {
  const { features, labels } = examples;
  const { inputSize, classCount } = format;
  if (!allFinite(features, index * inputSize, (index + 1) * inputSize)) {
    throw invalidExample(index, "has a feature that is not a finite number");
  }
  const labelSize = labels.length / examples.count;
  for (let i = index * labelSize; i < (index + 1) * labelSize; i++) {
    const label = labels[i]!;
    if (classCount !== undefined) {
      if (Number.isInteger(label) && label >= 0 && label < classCount) continue;
      throw invalidExample(
        index,
        `has the label ${label} where classes go from 0 to ${classCount - 1}`,
      );
    }
    if (!Number.isFinite(label))
      throw invalidExample(index, "has a label that is not a finite number");
    if (labelsOf(loss) !== "numbers" && (label < 0 || label > 1)) {
      throw invalidExample(index, `has the label ${label}, which is no probability`);
    }
  }
}

/** Whether values[from] to values[to − 1] are finite numbers. */
export function allFinite(values: Float32Array, from: number, to: number): boolean {
  // x − x is 0 for finite x and NaN otherwise: one branch in all and not one a value.
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}

/** @param fault - A clause about the example. */
export function invalidExample(index: number, fault: string): TributaryError {
  return new TributaryError("EXAMPLES_INVALID", `Example ${index} ${fault}`, {
    remedy: "Correct it or leave it out.",
    context: { index },
  });
}

function invalid(cause: string, remedy: string): TributaryError {
  return new TributaryError("EXAMPLES_INVALID", cause, { remedy });
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((size, dimension) => size * dimension, 1);

const shapeText = (shape: OpenShape): string =>
  `[${shape.map((size) => (size === null ? "any" : size)).join(", ")}]`;
