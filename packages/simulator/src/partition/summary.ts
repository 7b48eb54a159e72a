import type { Divisible } from "./divisible.ts";
import { clientCount, rowsOf, type Partition } from "./partition.ts";

/** How a number differs from client to client. */
export interface ClientRange {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** What a partition is like. */
export interface PartitionSummary {
  readonly clients: number;
  /** How many examples the clients have together, and how many of the data set nobody has. */
  readonly examples: number;
  readonly unusedExamples: number;
  readonly examplesPerClient: ClientRange;
  /** How many classes clients see; left out where examples have no class. */
  readonly classesPerClient?: ClientRange;
  /**
   * How far the clients' distributions over classes are from that of all examples: the mean of their
   * total variation distances, from 0 (all alike) to below 1. Left out where examples have no class.
   */
  readonly labelDistance?: number;
}

/** Whether each example has one class, which can be counted. */
export const hasClasses = ({ train, classCount }: Divisible): boolean =>
  classCount > 0 && train.labelShape.every((size) => size === 1);

/** How often a client has each class; shape [classCount]. */
export function classCounts(
  { train, classCount }: Divisible,
  partition: Partition,
  client: number,
): Uint32Array {
  const counts = new Uint32Array(classCount);
  for (const row of rowsOf(partition, client)) counts[train.labels[row]!]!++;
  return counts;
}

/** Describes a partition in a few numbers. */
export function summarizePartition(data: Divisible, partition: Partition): PartitionSummary {
  const clients = clientCount(partition);
  const { offsets } = partition;
  const sizes = Float64Array.from(
    { length: clients },
    (_, client) => offsets[client + 1]! - offsets[client]!,
  );
  const examples = partition.rows.length;
  return {
    ...{ clients, examples, unusedExamples: data.train.count - examples },
    examplesPerClient: rangeOf(sizes),
    ...(hasClasses(data) ? describeClasses(data, partition) : {}),
  };
}

function describeClasses(
  data: Divisible,
  partition: Partition,
): Pick<PartitionSummary, "classesPerClient" | "labelDistance"> {
  const { train, classCount } = data;
  const shares = new Float64Array(classCount);
  for (const label of train.labels) shares[label]! += 1 / train.count;
  const clients = clientCount(partition);
  const seen = new Float64Array(clients);
  let distances = 0;
  for (let client = 0; client < clients; client++) {
    const counts = classCounts(data, partition, client);
    const size = rowsOf(partition, client).length;
    let distance = 0;
    for (let kind = 0; kind < classCount; kind++) {
      if (counts[kind]! > 0) seen[client]!++;
      distance += Math.abs(counts[kind]! / size - shares[kind]!) / 2;
    }
    distances += distance;
  }
  return { classesPerClient: rangeOf(seen), labelDistance: distances / clients };
}

function rangeOf(values: Float64Array): ClientRange {
  const sorted = values.toSorted();
  const { length } = sorted;
  const median = (sorted[(length - 1) >> 1]! + sorted[length >> 1]!) / 2;
  return { least: sorted[0]!, median, most: sorted[length - 1]! };
}
