import type { LayerOperation } from "../layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/** Every row of the last axis with mean 0 and variance 1, then scaled and moved. */
export function layerNormLayer({
  kernels,
  operation: { gamma: gammaName, beta: betaName, epsilon },
  inputs: [input],
  output,
  capacity,
  parameter,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "layerNorm" }>>): FusedLayer {
  const columns = output.shape.at(-1)!;
  const rowsEach = output.size / columns;
  const gamma = gammaName === undefined ? undefined : parameter(gammaName);
  const beta = betaName === undefined ? undefined : parameter(betaName);
  const scale = gamma?.values ?? 0;
  const stats = allocate(2 * capacity * rowsEach);
  const x = input.values;
  const dy = output.gradient;
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      const rows = count * rowsEach;
      const move = beta?.values ?? 0;
      kernels.layerNorm(x, output.values, stats, scale, move, rows, columns, epsilon);
    },
    backward(count) {
      const rows = count * rowsEach;
      if (gamma !== undefined && gamma.gradient !== 0) {
        kernels.layerNormScaleGradient(x, stats, dy, gamma.gradient, rows, columns);
      }
      if (beta !== undefined && beta.gradient !== 0) {
        kernels.columnSums(dy, rows, columns, beta.gradient);
      }
      if (input.gradient !== 0) {
        kernels.layerNormGradient(x, stats, scale, dy, input.gradient, rows, columns);
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
