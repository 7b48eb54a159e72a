import type { Examples } from "@tributary/client-sdk";
import type { FeatureSkew } from "../partition/feature-skew.ts";
import type { Partition } from "../partition/partition.ts";

/** What a simulation trains and scores on. Threads share it. */
export interface SimulationData {
  /** A short name for reports. */
  readonly name: string;
  /** The examples of all clients. */
  readonly train: Examples;
  /** Held-out examples, on which checkpoints are scored. */
  readonly test: Examples;
  /** The number of classes; 0 when the labels are values and not classes. */
  readonly classCount: number;
  /** Which of `train` each client has. */
  readonly partition: Partition;
  /** The noise that each client's features get, if there is any. */
  readonly noise?: FeatureSkew;
}

/** The same data in memory that threads share. Arrays that threads share already are kept. */
export function inSharedMemory(data: SimulationData): SimulationData {
  const { rows, offsets } = data.partition;
  return {
    ...data,
    train: sharedExamples(data.train),
    test: sharedExamples(data.test),
    partition: {
      rows: shared(rows, Uint32Array),
      offsets: shared(offsets, Uint32Array),
    },
  };
}

function sharedExamples(examples: Examples): Examples {
  const { features, labels } = examples;
  return {
    ...examples,
    features: shared(features, Float32Array),
    labels:
      labels instanceof Int32Array ? shared(labels, Int32Array) : shared(labels, Float32Array),
  };
}

/** A copy of the array in memory that threads share. */
export function shared<Values extends Float32Array | Int32Array | Uint32Array>(
  values: Values,
  Kind: new (memory: SharedArrayBuffer) => Values,
): Values {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const copy = new Kind(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
