import type { LayerOperation } from "../layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/** Every group of channels with mean 0 and variance 1, then each channel scaled and moved. */
export function groupNormLayer({
  kernels,
  operation: { gamma: gammaName, beta: betaName, epsilon, groups, overPixels },
  inputs: [input],
  output,
  capacity,
  parameter,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "groupNorm" }>>): FusedLayer {
  const channels = output.shape.at(-1)!;
  const pixels = output.size / channels;
  const sizes = (count: number): [number, number, number, number] =>
    overPixels ? [count, pixels, channels, groups] : [count * pixels, 1, channels, groups];
  const gamma = gammaName === undefined ? undefined : parameter(gammaName);
  const beta = betaName === undefined ? undefined : parameter(betaName);
  const scale = gamma?.values ?? 0;
  const stats = allocate(2 * capacity * groups * (overPixels ? 1 : pixels));
  const x = input.values;
  const dy = output.gradient;
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      const move = beta?.values ?? 0;
      kernels.groupNorm(x, output.values, stats, scale, move, ...sizes(count), epsilon);
    },
    backward(count) {
      if (gamma !== undefined && gamma.gradient !== 0) {
        kernels.groupNormScaleGradient(x, stats, dy, gamma.gradient, ...sizes(count));
      }
      if (beta !== undefined && beta.gradient !== 0) {
        kernels.columnSums(dy, count * pixels, channels, beta.gradient);
      }
      if (input.gradient !== 0) {
        kernels.groupNormGradient(x, stats, scale, dy, input.gradient, ...sizes(count));
      }
    },
  };
}

/** Batch normalisation by the averages that it was given: each channel is scaled and moved. */
export function batchNormLayer({
  kernels,
  operation: { mean, variance, gamma, beta, epsilon },
  inputs: [input],
  output,
  parameter,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "batchNorm" }>>): FusedLayer {
  const columns = output.shape.at(-1)!;
  const rowsEach = output.size / columns;
  const factor = allocate(columns);
  const term = allocate(columns);
  const valuesOf = (name: string | undefined): number =>
    name === undefined ? 0 : parameter(name).values;
  const places = [mean, variance, gamma, beta].map(valuesOf);
  const { fround, sqrt } = Math;
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      const heap = kernels.heap();
      const [means, variances, gammas, betas] = places as [number, number, number, number];
      for (let i = 0; i < columns; i++) {
        const spread = fround(sqrt(fround(heap[variances + i]! + fround(epsilon))));
        const scale = fround((gammas === 0 ? 1 : heap[gammas + i]!) / spread);
        heap[factor + i] = scale;
        heap[term + i] = (betas === 0 ? 0 : heap[betas + i]!) - fround(heap[means + i]! * scale);
      }
      const rows = count * rowsEach;
      kernels.scaleColumns(input.values, output.values, factor, term, rows, columns);
    },
    backward(count) {
      if (input.gradient === 0) return;
      const rows = count * rowsEach;
      kernels.scaleColumns(output.gradient, input.gradient, factor, 0, rows, columns);
    },
  };
}
