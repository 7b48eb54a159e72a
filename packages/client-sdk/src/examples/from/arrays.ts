import { TributaryError, shapeSize } from "@tributary/protocol";
import { invalidExamples, noExamples } from "../example-faults.ts";
import type { Examples } from "../examples.ts";

/** Numbers as an app has them: one, a list of them, or lists within lists of equal length. */
export type Numbers = number | ArrayLike<number> | readonly Numbers[];

/** One example. */
export interface Example {
  /** The values of its features, nested as its shape is: a grey image is a list of rows. */
  readonly features: Numbers;
  /** A class index, a value, or a list of values such as the probabilities of the classes. */
  readonly label: Numbers;
}

/**
 * Makes examples of plain arrays and typed arrays. The shapes are those of the first example.
 * @param given - Not modified.
 * @returns Examples in memory of their own. Labels are `Int32Array` where all are whole numbers.
 * @throws TributaryError `EXAMPLES_INVALID` when there are none, or they differ in shape; the message
 *   names the example.
 */
export function fromArrays(given: readonly Example[]): Examples {
  const [first] = given;
  if (first === undefined) throw noExamples();
  const featureShape = shapeOf(first.features);
  const labelShape = shapeOf(first.label);
  const features = new Float32Array(given.length * shapeSize(featureShape));
  const labels = new Float64Array(given.length * shapeSize(labelShape));
  given.forEach(({ features: values, label }, index) => {
    write(values, featureShape, features, index, "features");
    write(label, labelShape, labels, index, "label");
  });
  const areWhole = labels.every((label) => Number.isInteger(label) && Math.abs(label) < 2 ** 31);
  return {
    features,
    featureShape,
    labels: areWhole ? Int32Array.from(labels) : Float32Array.from(labels),
    labelShape,
    count: given.length,
  };
}

/** The shape of numbers, by the first of each list. */
function shapeOf(numbers: Numbers): number[] {
  if (typeof numbers === "number") return [];
  if (typeof numbers !== "object" || numbers === null || numbers.length === undefined) {
    throw new TributaryError("BAD_PARAMETER", `Features or a label are ${typeof numbers}`, {
      remedy: "Give numbers, or arrays of numbers.",
    });
  }
  const [first] = Array.from<Numbers | undefined>({ length: 1, 0: numbers[0] });
  return [numbers.length, ...(first === undefined ? [] : shapeOf(first))];
}

/** Writes the numbers of an example behind those of the examples before it. */
function write(
  numbers: Numbers,
  shape: readonly number[],
  into: Float32Array | Float64Array,
  index: number,
  what: string,
): void {
  const size = shapeSize(shape);
  let at = index * size;
  const writeAt = (part: Numbers | undefined, depth: number): void => {
    if (depth === shape.length && typeof part === "number") {
      into[at++] = part;
      return;
    }
    if (typeof part !== "object" || part.length !== shape[depth]) {
      throw invalidExamples(
        `The ${what} of example ${index} are not of the shape [${shape.join(", ")}], which example 0 has`,
        "Give all examples the same shape.",
      );
    }
    for (let i = 0; i < part.length; i++) writeAt(part[i], depth + 1);
  };
  writeAt(numbers, 0);
}
