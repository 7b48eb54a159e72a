import { featureSizeOf, labelSizeOf, type ExampleForm } from "./example-form.ts";
import { PACKINGS, bytesOf, pack, packingOf, unpack, type Packing } from "./packing.ts";
import type { Examples } from "../examples.ts";

/** Examples in a row that are stored together, as their bytes show them. */
export interface Block {
  readonly count: number;
  /** When each example was made, milliseconds since the Unix epoch, shape [count]. */
  readonly times: Float64Array;
  readonly labels: Float32Array | Int32Array;
  /** The features as they lie in the block, example after example. */
  readonly features: Uint8Array<ArrayBuffer>;
  readonly packing: Packing;
}

/** Examples, and when each of them was made. */
export interface TimedExamples {
  readonly examples: Examples;
  /** Shape [examples.count]. */
  readonly times: Float64Array;
}

// A block is its count (uint32), its packing (uint8), three bytes of 0, times (float64), labels
// (int32 or float32), and features.
const HEADER_BYTES = 8;

/** The number of bytes of a block of one example, which bounds how many of them fit into a block. */
export function exampleBytes(form: ExampleForm, packing: Packing): number {
  return 8 + 4 * labelSizeOf(form) + bytesOf(packing) * featureSizeOf(form);
}

/** A block as its bytes, and as what they show. */
export interface EncodedBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly block: Block;
}

/** Writes examples as a block. */
export function encodeBlock({ examples, times }: TimedExamples, form: ExampleForm): EncodedBlock {
  const { features, labels, count } = examples;
  const packing = packingOf(features);
  const bytes = new Uint8Array(HEADER_BYTES + count * exampleBytes(form, packing));
  new Uint32Array(bytes.buffer, 0, 1)[0] = count;
  bytes[4] = PACKINGS.indexOf(packing);
  const block = partsOf(bytes, count, packing, form);
  block.times.set(times);
  block.labels.set(labels);
  pack(features, packing, block.features);
  return { bytes, block };
}

/**
 * Reads a block; its parts are views of the bytes.
 * @returns Undefined when the bytes are no block of this form.
 */
export function decodeBlock(given: Uint8Array<ArrayBuffer>, form: ExampleForm): Block | undefined {
  // Views of numbers need addresses that bytes from a file may not have.
  const bytes = given.byteOffset % 8 === 0 ? given : given.slice();
  if (bytes.length < HEADER_BYTES) return undefined;
  const { buffer, byteOffset } = bytes;
  const count = new Uint32Array(buffer, byteOffset, 1)[0]!;
  const packing = PACKINGS[bytes[4]!];
  if (packing === undefined) return undefined;
  if (bytes.length !== HEADER_BYTES + count * exampleBytes(form, packing)) return undefined;
  return partsOf(bytes, count, packing, form);
}

/** The parts of a block as views of its bytes. */
function partsOf(
  { buffer, byteOffset }: Uint8Array<ArrayBuffer>,
  count: number,
  packing: Packing,
  form: ExampleForm,
): Block {
  const timesAt = byteOffset + HEADER_BYTES;
  const labelsAt = timesAt + 8 * count;
  const labels = labelArray(form, count, buffer, labelsAt);
  const featuresAt = labelsAt + labels.byteLength;
  const featureBytes = count * bytesOf(packing) * featureSizeOf(form);
  return {
    count,
    packing,
    times: new Float64Array(buffer, timesAt, count),
    labels,
    features: new Uint8Array(buffer, featuresAt, featureBytes),
  };
}

/** Labels of so many examples: new memory, or a view of some. */
export function labelArray(
  form: ExampleForm,
  count: number,
  buffer: ArrayBuffer = new ArrayBuffer(4 * count * labelSizeOf(form)),
  from = 0,
): Float32Array | Int32Array {
  const Labels = form.labelType === "int32" ? Int32Array : Float32Array;
  return new Labels(buffer, from, count * labelSizeOf(form));
}

/** All examples of a block, in memory of their own. */
export function examplesOf(block: Block, form: ExampleForm): TimedExamples {
  const features = new Float32Array(block.count * featureSizeOf(form));
  unpack(block.features, 0, block.packing, features);
  const { labelType: _, classes: _classes, ...shape } = form;
  const examples = { ...shape, features, labels: block.labels.slice(), count: block.count };
  return { examples, times: block.times.slice() };
}

/** Examples `from` to `to - 1`, or to the last one; views of the same memory. */
export function slice({ examples, times }: TimedExamples, from: number, to: number): TimedExamples {
  const { features, labels, count } = examples;
  const [size, labelSize] = [features.length / count, labels.length / count];
  const end = Math.min(count, to);
  return {
    examples: {
      ...examples,
      features: features.subarray(from * size, end * size),
      labels: labels.subarray(from * labelSize, end * labelSize),
      count: end - from,
    },
    times: times.subarray(from, end),
  };
}

/** Copies the examples of two into one. */
export function joined(first: TimedExamples, second: TimedExamples): TimedExamples {
  const [a, b] = [first.examples, second.examples];
  const features = new Float32Array(a.features.length + b.features.length);
  features.set(a.features);
  features.set(b.features, a.features.length);
  const labels = new (a.labels instanceof Int32Array ? Int32Array : Float32Array)(
    a.labels.length + b.labels.length,
  );
  labels.set(a.labels);
  labels.set(b.labels, a.labels.length);
  const times = new Float64Array(a.count + b.count);
  times.set(first.times);
  times.set(second.times, a.count);
  return { examples: { ...a, features, labels, count: a.count + b.count }, times };
}
