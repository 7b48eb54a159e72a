import {
  createKernelsSync,
  seededRandom,
  updateCodec,
  xoshiro128,
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
  const coins = xoshiro128(random.derive("codec").bytes(16));
  // `seededRandom` draws by HMAC, which would take longer than encoding a short vector. This source is fast.
  const quick = {
    bytes: (length: number) => Uint8Array.from({ length }, () => coins() >>> 24),
    derive: () => quick,
  };
  const singles: number[] = [];
  const means: number[] = [];
  const encodeMs: number[] = [];
  const decodeMs: number[] = [];
  const sum = new Float64Array(dimension);
  const decoded = new Float32Array(dimension);
  let bytes = 0;
  for (let trial = 0; trial < trials; trial++) {
    const vector = drawVector(distribution, dimension, uniform);
    const norm = squares(vector);
    sum.fill(0);
    let single = 0;
    for (let client = 0; client < clients; client++) {
      const started = performance.now();
      const payload = codec.encode(vector, quick);
      const encoded = performance.now();
      codec.decode(payload, dimension, (block, offset) => decoded.set(block, offset));
      decodeMs.push(performance.now() - encoded);
      encodeMs.push(encoded - started);
      bytes += payload.length;
      let error = 0;
      for (let i = 0; i < dimension; i++) {
        error += (decoded[i]! - vector[i]!) ** 2;
        sum[i]! += decoded[i]!;
      }
      single += ratio(error, norm) / clients;
    }
    let error = 0;
    for (let i = 0; i < dimension; i++) error += (sum[i]! / clients - vector[i]!) ** 2;
    singles.push(single);
    means.push(ratio(error, norm));
  }
  const rate = (ms: number[]): number => Math.round((4 * dimension) / 1e3 / lowerQuartile(ms));
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
    encodeMBps: rate(encodeMs),
    decodeMBps: rate(decodeMs),
    kernels: kernels.name,
  };
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
