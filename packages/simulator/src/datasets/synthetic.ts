import type { Examples } from "@tributary/client-sdk";
import type { RandomSource } from "@tributary/protocol";
import { joinExamples, joinedPartition } from "../partition/join-examples.ts";
import { randomStream, type RandomStream } from "../random/random-stream.ts";
import type { Dataset } from "./dataset.ts";

const DIMENSION = 60;
const CLASSES = 10;

/** The share of each client's examples that it trains on. */
const TRAIN_SHARE = 0.9;

/** The standard deviation of each feature around a client's mean: the square root of j^−1.2. */
const DEVIATIONS = Float64Array.from({ length: DIMENSION }, (_, j) => (j + 1) ** -0.6);

/** What the synthetic data is to be like. */
export interface SyntheticOptions {
  /** How much the clients' models differ: the standard deviation of their means; at least 0. */
  readonly alpha: number;
  /** How much the clients' features differ: the standard deviation of their means; at least 0. */
  readonly beta: number;
  /** Whether all clients have one model and one distribution of features; α and β then mean nothing. */
  readonly iid: boolean;
  readonly clients: number;
  /**
   * How many examples each client has. Left out: 50 more than a number that is drawn log-normally,
   * with a median of e⁴ and the deviation 2 of its logarithm.
   */
  readonly examplesPerClient?: number | undefined;
  /** A client is derived from it by its number, so that it stays the same in a larger population. */
  readonly random: RandomSource;
}

/**
 * Draws the data set synthetic(α, β) of the FedProx paper: 60 features, and 10 classes that a linear
 * model of each client's own tells apart. The last tenth of each client's examples is held out.
 * @see arXiv:1812.06127 §5.1 and appendix C.1. Where the paper writes N(0, α), its published code
 *   takes α for the standard deviation, and so does this.
 */
export function drawSynthetic(options: SyntheticOptions): Dataset {
  const { clients, random } = options;
  const all = Array.from({ length: clients }, (_, client) =>
    drawClient(randomStream(random.derive(`client ${client}`)), options),
  );
  const trained = all.map(({ count }) => Math.floor(TRAIN_SHARE * count));
  const train = all.map((client, i) => between(client, 0, trained[i]!));
  const test = all.map((client, i) => between(client, trained[i]!, client.count));
  return {
    name: options.iid ? "synthetic(iid)" : `synthetic(${options.alpha}, ${options.beta})`,
    ...{ train: joinExamples(train), test: joinExamples(test), classCount: CLASSES },
    clients: {
      names: all.map((_, client) => `client ${client}`),
      train: joinedPartition(train),
      test: joinedPartition(test),
    },
  };
}

function drawClient(stream: RandomStream, options: SyntheticOptions): Examples {
  const count = options.examplesPerClient ?? 50 + Math.floor(Math.exp(4 + 2 * stream.normal()));
  const u = options.alpha * stream.normal();
  const b = options.beta * stream.normal();
  const model = options.iid
    ? drawModel(randomStream(options.random.derive("model of all")), 0)
    : drawModel(stream, u);
  const means = Float64Array.from({ length: DIMENSION }, () =>
    options.iid ? 0 : b + stream.normal(),
  );
  const features = new Float32Array(count * DIMENSION);
  const labels = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const own = features.subarray(row * DIMENSION, (row + 1) * DIMENSION);
    for (let j = 0; j < DIMENSION; j++) own[j] = means[j]! + DEVIATIONS[j]! * stream.normal();
    labels[row] = classOf(own, model);
  }
  return { features, featureShape: [DIMENSION], labels, labelShape: [], count };
}

/** The weights of a linear model, class by class, each with its bias behind it: shape [10, 61]. */
const drawModel = (stream: RandomStream, mean: number): Float64Array =>
  Float64Array.from({ length: CLASSES * (DIMENSION + 1) }, () => mean + stream.normal());

/** The class with the largest output. */
function classOf(features: Float32Array, model: Float64Array): number {
  let best = 0;
  let most = -Infinity;
  for (let kind = 0; kind < CLASSES; kind++) {
    const start = kind * (DIMENSION + 1);
    let output = model[start + DIMENSION]!;
    for (let j = 0; j < DIMENSION; j++) output += model[start + j]! * features[j]!;
    if (output <= most) continue;
    best = kind;
    most = output;
  }
  return best;
}

/** The examples from one index up to another, as views. */
const between = (examples: Examples, from: number, to: number): Examples => ({
  ...examples,
  features: examples.features.subarray(from * DIMENSION, to * DIMENSION),
  labels: examples.labels.subarray(from, to),
  count: to - from,
});
