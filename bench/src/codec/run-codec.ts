import {
  createKernelsSync,
  seededRandom,
  updateCodec,
  xoshiro128,
  type RandomSource,
  type UpdateCodec,
  type UpdateSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { drawVector, type Distribution } from "./distributions.ts";

export interface CodecRequest {
  readonly spec: UpdateSpec;
  readonly dimension: number;
  readonly distribution: Distribution;
  /** How many clients encode the same vector; their decoded vectors are averaged. */
  readonly clients: number;
  /** How many vectors are drawn. */
  readonly trials: number;
  readonly seed: number;
}

export interface CodecResult {
  readonly codec: string;
  readonly dimension: number;
  readonly clients: number;
  readonly trials: number;
  /** ‖mean of the clients' x̂ − x‖² / ‖x‖², where x̂ is a decoded vector: the mean over the trials. */
  readonly nmse: number;
  /** The same for a single client. For an unbiased codec it is `clients` times the nmse. */
  readonly vnmse: number;
  /** Standard errors of `nmse` and `vnmse`, estimated from how much the trials differ. */
  readonly nmseError: number;
  readonly vnmseError: number;
  /** Bits of the whole payload, headers included, divided by the number of values. */
  readonly bitsPerCoordinate: number;
  /**
   * Megabytes of float32 values per second. The lower quartile of the times is taken, because other programs may use the
   * processor as well.
   */
  readonly encodeMBps: number;
  readonly decodeMBps: number;
  readonly kernels: string;
}

/**
 * Measures what a codec does to vectors of a distribution. In each trial a new vector is drawn, and all clients encode it.
 * @throws TributaryError `BAD_PARAMETER` when the codec cannot use these numbers.
 */
export function runCodec(request: CodecRequest): CodecResult {
  const { spec, dimension, distribution, clients, trials, seed } = request;
  const kernels = createKernelsSync();
  const codec = updateCodec(spec, kernels);
  const random = seededRandom(createNodeCryptoProvider(), seed);
  const words = xoshiro128(random.derive("vectors").bytes(16));
  const uniform = (): number => words() / 2 ** 32;
  const coins = fastRandom(random.derive("codec"));
  const measured = Array.from({ length: trials }, () =>
    runTrial(codec, drawVector(distribution, dimension, uniform), clients, coins),
  );
  const means = measured.map((trial) => trial.mean);
  const singles = measured.map((trial) => trial.single);
  const bytes = measured.reduce((sum, trial) => sum + trial.bytes, 0);
  const rate = (ms: readonly number[]): number =>
    Math.round((4 * dimension) / 1e3 / lowerQuartile(ms));
  return {
    codec: codec.name,
    dimension,
    clients,
    trials,
    nmse: mean(means),
    vnmse: mean(singles),
    nmseError: standardError(means),
    vnmseError: standardError(singles),
    bitsPerCoordinate: (8 * bytes) / (trials * clients * dimension),
    encodeMBps: rate(measured.flatMap(({ encodeMs }) => encodeMs)),
    decodeMBps: rate(measured.flatMap(({ decodeMs }) => decodeMs)),
    kernels: kernels.name,
  };
}

interface Trial {
  /** Error of the mean of all clients, relative to the vector's squared norm. */
  readonly mean: number;
  /** Error of one client, on average over the clients. */
  readonly single: number;
  /** Bytes of all payloads together. */
  readonly bytes: number;
  /** How long each encoding took, milliseconds. */
  readonly encodeMs: readonly number[];
  readonly decodeMs: readonly number[];
}

/** All clients encode the same vector, and what they sent is decoded and averaged. */
function runTrial(
  codec: UpdateCodec,
  vector: Float32Array,
  clients: number,
  random: RandomSource,
): Trial {
  const norm = squares(vector);
  const sum = new Float64Array(vector.length);
  const decoded = new Float32Array(vector.length);
  const encodeMs: number[] = [];
  const decodeMs: number[] = [];
  let single = 0;
  let bytes = 0;
  for (let client = 0; client < clients; client++) {
    const startedAtMs = performance.now();
    const payload = codec.encode(vector, random);
    const encodedAtMs = performance.now();
    codec.decode(payload, vector.length, (block, offset) => decoded.set(block, offset));
    decodeMs.push(performance.now() - encodedAtMs);
    encodeMs.push(encodedAtMs - startedAtMs);
    bytes += payload.length;
    let error = 0;
    for (let i = 0; i < vector.length; i++) {
      error += (decoded[i]! - vector[i]!) ** 2;
      sum[i]! += decoded[i]!;
    }
    single += ratio(error, norm) / clients;
  }
  let error = 0;
  for (let i = 0; i < vector.length; i++) error += (sum[i]! / clients - vector[i]!) ** 2;
  return { mean: ratio(error, norm), single, bytes, encodeMs, decodeMs };
}

/** A source that is as repeatable as `from` but fast: HMAC would take longer than encoding a short vector. */
function fastRandom(from: RandomSource): RandomSource {
  const words = xoshiro128(from.bytes(16));
  const random: RandomSource = {
    bytes: (length) => Uint8Array.from({ length }, () => words() >>> 24),
    derive: () => random,
  };
  return random;
}

const ratio = (error: number, norm: number): number => (norm === 0 ? error : error / norm);

function squares(vector: Float32Array): number {
  return vector.reduce((sum, value) => sum + value * value, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const middle = mean(values);
  const spread = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(spread / values.length / Math.max(1, values.length - 1));
}

function lowerQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 2] ?? NaN;
}
