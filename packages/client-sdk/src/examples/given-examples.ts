import { firstNonFinite, shapeSize } from "@tributary/protocol";
import { invalidExample, invalidExamples, requireConsistent } from "./example-faults.ts";
import { faultOfExamples } from "./example-form.ts";
import type { Examples } from "./examples.ts";

/** What can be said of a label, where the app knows it. */
export interface LabelForm {
  /**
   * How many classes labels tell apart: labels are class indices below it or, with a label shape that
   * ends with it, the probabilities of the classes.
   */
  readonly classes?: number;
}

/** Something about examples that is probably a fault, and can be meant. */
export interface ExampleWarning {
  /** `large-value`: a feature is beyond a million, with which training mostly diverges. */
  readonly kind: "large-value";
  /** The first example to which it applies, and how many there are of them. */
  readonly index: number;
  readonly count: number;
  /** A sentence for people to read. */
  readonly message: string;
}

/** Features beyond this are seldom meant. */
const LARGE = 1e6;

/** How far from 1 the probabilities of the classes may add up to. */
const TOLERANCE = 1e-3;

/**
 * Checks examples by what is known of them before there is a plan.
 * @throws TributaryError `EXAMPLES_INVALID` when a value is not a finite number, an array is too
 *   short or too long, or a label is no class; the message names the example.
 * @returns What is probably wrong with them.
 */
export function checkGiven(examples: Examples, { classes }: LabelForm): readonly ExampleWarning[] {
  const malformed = faultOfExamples(examples);
  if (malformed !== undefined) {
    throw invalidExamples(
      `The examples are not usable: ${malformed}`,
      "Give an object of the type Examples; `fromArrays` makes one.",
    );
  }
  requireConsistent(examples);
  const { features, featureShape, labels, labelShape, count } = examples;
  const size = shapeSize(featureShape);
  const labelSize = shapeSize(labelShape);
  const areProbabilities = classes !== undefined && labelShape.at(-1) === classes;
  let large = 0;
  let firstLarge = 0;
  for (let index = 0; index < count; index++) {
    const values = features.subarray(index * size, (index + 1) * size);
    if (firstNonFinite(values) >= 0) {
      throw invalidExample(index, "has a feature that is not a finite number");
    }
    if (values.some((value) => Math.abs(value) > LARGE)) {
      if (large === 0) firstLarge = index;
      large += 1;
    }
    const label = labels.subarray(index * labelSize, (index + 1) * labelSize);
    const fault = areProbabilities
      ? probabilityFault(label, classes)
      : labelFault(label, classes ?? examples.classNames?.length);
    if (fault !== undefined) throw invalidExample(index, fault);
  }
  if (large === 0) return [];
  const message = `${large} of the examples have features beyond a million, the first of them example ${firstLarge}. Training mostly diverges with such features: scale them to about 1.`;
  return [{ kind: "large-value", index: firstLarge, count: large, message }];
}

function labelFault(
  label: Float32Array | Int32Array,
  classes: number | undefined,
): string | undefined {
  for (const value of label) {
    if (!Number.isFinite(value)) return "has a label that is not a finite number";
    if (classes === undefined) continue;
    if (Number.isInteger(value) && value >= 0 && value < classes) continue;
    return `has the label ${value}, but classes go from 0 to ${classes - 1}`;
  }
  return undefined;
}

/** Looks at the probabilities of the classes, of which one-hot labels are a case. */
function probabilityFault(label: Float32Array | Int32Array, classes: number): string | undefined {
  for (let from = 0; from < label.length; from += classes) {
    let sum = 0;
    for (const value of label.subarray(from, from + classes)) {
      if (!(value >= 0 && value <= 1)) return `has the label ${value}, which is not a probability`;
      sum += value;
    }
    if (sum === 0) return `belongs to no class: all ${classes} values of its label are 0`;
    if (Math.abs(sum - 1) > TOLERANCE) {
      return `has a label whose ${classes} values add up to ${sum}, where probabilities add up to 1`;
    }
  }
  return undefined;
}
