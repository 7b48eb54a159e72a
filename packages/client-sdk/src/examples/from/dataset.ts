import { invalidExamples } from "../example-faults.ts";
import type { Examples } from "../examples.ts";
import { fromArrays, type Example, type Numbers } from "./arrays.ts";

/** What is read of a tensor of TensorFlow.js. */
export interface TensorLike {
  /** The values, nested as the shape is. */
  arraySync(): Numbers;
  /** Frees its memory. */
  dispose(): void;
}

/** What is read of a data set of `tf.data`, without TensorFlow.js itself. */
export interface DatasetLike<Element = unknown> {
  /** Visits each element in its order. */
  forEachAsync(visit: (element: Element) => void): Promise<void>;
}

/**
 * Makes examples of a data set of `tf.data`, whose elements are `{ xs, ys }` or `[xs, ys]` as
 * `model.fitDataset` takes them, but not in batches. Their tensors are disposed.
 * @throws TributaryError `EXAMPLES_INVALID` when there are none, an element has another form, or they
 *   differ in shape; the message names the element.
 */
export async function fromDataset<Element>(dataset: DatasetLike<Element>): Promise<Examples> {
  const examples: Example[] = [];
  await dataset.forEachAsync((element) => {
    examples.push(exampleOf(element, examples.length));
  });
  return fromArrays(examples);
}

function exampleOf(element: unknown, index: number): Example {
  if (typeof element === "object" && element !== null) {
    if (Array.isArray(element) && element.length === 2) {
      return { features: numbersOf(element[0]), label: numbersOf(element[1]) };
    }
    if ("xs" in element && "ys" in element) {
      return { features: numbersOf(element.xs), label: numbersOf(element.ys) };
    }
  }
  throw invalidExamples(
    `Element ${index} of the data set is neither { xs, ys } nor [xs, ys]`,
    "Map the data set to elements of this form: features, and the label.",
  );
}

function numbersOf(value: unknown): Numbers {
  if (!isTensor(value)) return value as Numbers;
  const numbers = value.arraySync();
  value.dispose();
  return numbers;
}

const isTensor = (value: unknown): value is TensorLike =>
  typeof value === "object" && value !== null && "arraySync" in value && "dispose" in value;
