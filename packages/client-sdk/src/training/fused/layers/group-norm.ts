import type { LayerOperation } from "../compile/layer-node.ts";
import type { GroupNorm } from "../kernels/number-kernels.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that brings every group of channels to mean 0 and variance 1, and then scales and
 * moves each channel (arXiv:1803.08494). With one group, and each pixel on its own, it is layer
 * normalisation (arXiv:1607.06450). Unlike batch normalisation, it treats every example on its own,
 * so it behaves the same in training and evaluation.
 */
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
  // Where pixels are normalised one by one, each of them counts as an example of its own.
  const examplesEach = overPixels ? 1 : pixels;
  const gamma = gammaName === undefined ? undefined : parameter(gammaName);
  const beta = betaName === undefined ? undefined : parameter(betaName);
  const operands: GroupNorm = {
    x: input.values,
    y: output.values,
    // Two values for each group: its mean and the factor that brings its variance to 1.
    stats: allocate(2 * capacity * groups * examplesEach),
    gamma: gamma?.values ?? 0,
    beta: beta?.values ?? 0,
    epsilon,
    pixels: pixels / examplesEach,
    channels,
    groups,
  };
  const dy = output.gradient;
  return {
    operations: NO_OPERATIONS,
    forward: (count) => kernels.groupNorm(operands, count * examplesEach),
    backward(count) {
      if (gamma !== undefined && gamma.gradient !== 0) {
        kernels.groupNormScaleGradient(operands, dy, gamma.gradient, count * examplesEach);
      }
      if (beta !== undefined && beta.gradient !== 0) {
        kernels.columnSums(dy, count * pixels, channels, beta.gradient);
      }
      if (input.gradient !== 0) {
        kernels.groupNormGradient(operands, dy, input.gradient, count * examplesEach);
      }
    },
  };
}
