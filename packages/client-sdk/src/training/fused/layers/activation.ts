import type { LayerOperation } from "../compile/layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds an activation, which works value by value, or over the last axis in the case of softmax.
 * It works in place where input and output are the same memory. A softmax or a sigmoid that ends the
 * model is not built here: the end of the network computes it together with the loss
 * (network/loss-head.ts).
 */
export function activationLayer({
  kernels,
  operation: { name, slope },
  inputs: [input],
  output,
}: LayerContext<Extract<LayerOperation, { kind: "activation" }>>): FusedLayer {
  const { size } = output;
  const columns = output.shape.at(-1) ?? 1;
  const x = input.values;
  const y = output.values;
  const dy = output.gradient;
  const dx = input.gradient;
  // For each activation, the ways forwards and backwards. All but GELU compute their gradient from
  // the output y. So y may lie over x, which network/node-places.ts makes use of.
  const passes: Record<typeof name, [(count: number) => void, (count: number) => void]> = {
    // ReLU is a leaky ReLU with a slope of 0 below zero.
    relu: [
      (count) => kernels.relu(x, y, count * size, 0),
      (count) => kernels.reluGradient(y, dy, dx, count * size, 0),
    ],
    leakyRelu: [
      (count) => kernels.relu(x, y, count * size, slope),
      (count) => kernels.reluGradient(y, dy, dx, count * size, slope),
    ],
    tanh: [
      (count) => kernels.tanh(x, y, count * size),
      (count) => kernels.tanhGradient(y, dy, dx, count * size),
    ],
    sigmoid: [
      (count) => kernels.sigmoid(x, y, count * size),
      (count) => kernels.sigmoidGradient(y, dy, dx, count * size),
    ],
    gelu: [
      (count) => kernels.gelu(x, y, count * size, false),
      (count) => kernels.geluGradient(x, dy, dx, count * size, false),
    ],
    approximateGelu: [
      (count) => kernels.gelu(x, y, count * size, true),
      (count) => kernels.geluGradient(x, dy, dx, count * size, true),
    ],
    softmax: [
      (count) => kernels.softmax(x, y, (count * size) / columns, columns),
      (count) => kernels.softmaxGradient(y, dy, dx, (count * size) / columns, columns),
    ],
  };
  const [forward, backward] = passes[name];
  return {
    operations: NO_OPERATIONS,
    forward,
    backward: (count) => {
      if (dx !== 0) backward(count);
    },
  };
}
