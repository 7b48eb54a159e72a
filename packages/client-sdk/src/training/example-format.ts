import { firstNonFinite, labelsOf, shapeSize, type LossName } from "@tributary/protocol";
import { invalidExamples, noExamples, shapeText } from "../examples/example-faults.ts";
import type { Examples } from "../examples/examples.ts";

/**
 * How examples are passed to a model. It is determined once for a request and then used for every
 * batch.
 */
export interface ExampleFormat {
  /** The shape of one input as the model takes it. */
  readonly inputShape: readonly number[];
  /** The number of values in one input. */
  readonly inputSize: number;
  /** The shape of one output, and of one target. */
  readonly outputShape: readonly number[];
  /** The number of values in one output, and in one target. */
  readonly outputSize: number;
  /**
   * The number of classes when labels are class indices, which become one-hot targets; otherwise
   * undefined.
   */
  readonly classCount: number | undefined;
}

/** The shape of one input or output as a model states it, with null where any size is accepted. */
export type OpenShape = readonly (number | null)[];

/**
 * Finds the shape in which features are passed to a model. When the model states every size, it is
 * the model's own shape, provided that the number of values is the same: so images may be given
 * flat, and the other way round. Otherwise the shapes must agree size by size.
 * @throws TributaryError `EXAMPLES_INVALID` when they do not fit; the message names both shapes.
 */
export function inputShapeFor(modelShape: OpenShape, featureShape: readonly number[]): number[] {
  const known = modelShape.filter((size) => size !== null);
  if (known.length === modelShape.length) {
    if (shapeSize(known) === shapeSize(featureShape)) return known;
  } else if (
    modelShape.length === featureShape.length &&
    modelShape.every((size, index) => size === null || size === featureShape[index])
  ) {
    return [...featureShape];
  }
  throw invalidExamples(
    `The examples' features have the shape ${shapeText(featureShape)}, but the model takes ${shapeText(modelShape)}`,
    "Give features with as many values as the model takes.",
  );
}

/**
 * Decides how labels become targets. With a cross-entropy over classes, labels are class indices,
 * one for each row of the output; or they are the probabilities of the classes, if they have as
 * many values as the output. With other losses, labels have the output's shape.
 * @throws TributaryError `EXAMPLES_INVALID` when they do not fit; the message names both shapes.
 */
export function exampleFormat(
  loss: LossName,
  inputShape: readonly number[],
  outputShape: readonly number[],
  labelShape: readonly number[],
): ExampleFormat {
  const outputSize = shapeSize(outputShape);
  const labelSize = shapeSize(labelShape);
  const classCount = outputShape.at(-1) ?? 1;
  const format = { inputShape, inputSize: shapeSize(inputShape), outputShape, outputSize };
  const labels = labelsOf(loss);
  const overClasses = labels === "classes" || labels === "classIndices";
  if (overClasses && labelSize === outputSize / classCount) return { ...format, classCount };
  if (labels !== "classIndices" && labelSize === outputSize) {
    return { ...format, classCount: undefined };
  }
  throw invalidExamples(
    `The examples' labels have the shape ${shapeText(labelShape)}, but the model's outputs have ${shapeText(outputShape)}`,
    overClasses ? "Give a class index for each example." : "Give a label of the output's shape.",
  );
}

/**
 * How many classes the model tells apart; undefined if it does not tell classes apart, or if each
 * example has labels of several questions. One output that answers yes or no tells two apart.
 */
export function classesOf(format: ExampleFormat, loss: LossName): number | undefined {
  const { classCount, outputSize, outputShape } = format;
  if (labelsOf(loss) === "probabilities") return outputSize === 1 ? 2 : undefined;
  return classCount ?? (labelsOf(loss) === "numbers" ? undefined : outputShape.at(-1));
}

/**
 * Checks the rows that a training names.
 * @throws TributaryError `EXAMPLES_INVALID` when there are none, or one of them is no example.
 */
export function requireRows(rows: Uint32Array, { count }: Pick<Examples, "count">): void {
  if (rows.length === 0) throw noExamples();
  const beyond = rows.find((row) => row >= count);
  if (beyond === undefined) return;
  throw invalidExamples(
    `The row ${beyond} is to be trained on, but there are ${count} examples`,
    "Name rows by their index, from 0.",
  );
}

/**
 * Checks the values of one example.
 * @returns What is wrong with it, as a clause: a value that is not finite, is no class index, or is no
 *   probability where one is needed. Undefined when nothing is.
 */
export function faultOfValues(
  examples: Examples,
  index: number,
  format: ExampleFormat,
  loss: LossName,
): string | undefined {
  const { features, labels } = examples;
  const { inputSize, classCount } = format;
  const values = features.subarray(index * inputSize, (index + 1) * inputSize);
  if (firstNonFinite(values) >= 0) return "has a feature that is not a finite number";
  const labelSize = labels.length / examples.count;
  for (let i = index * labelSize; i < (index + 1) * labelSize; i++) {
    const label = labels[i]!;
    if (classCount !== undefined) {
      if (Number.isInteger(label) && label >= 0 && label < classCount) continue;
      return `has the label ${label}, but classes go from 0 to ${classCount - 1}`;
    }
    if (!Number.isFinite(label)) return "has a label that is not a finite number";
    if (labelsOf(loss) !== "numbers" && (label < 0 || label > 1)) {
      return `has the label ${label}, which is not a probability`;
    }
  }
  return undefined;
}

/**
 * Checks features that are indices of the rows of a table, as an embedding takes them.
 * @param entries - The number of rows.
 * @returns What is wrong with `features[from]` to `features[to − 1]`, as a clause; undefined when
 *   nothing is.
 */
export function indexFault(
  features: Float32Array,
  from: number,
  to: number,
  entries: number,
): string | undefined {
  for (let i = from; i < to; i++) {
    const index = features[i]!;
    if (Number.isInteger(index) && index >= 0 && index < entries) continue;
    return `has the feature ${index} where indices go from 0 to ${entries - 1}`;
  }
  return undefined;
}
