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
  operation,
  inputs: [input],
  output,
  capacity,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "activation" }>>): FusedLayer {
  const { size } = output;
  const columns = output.shape.at(-1) ?? 1;
  const x = input.values;
  const y = output.values;
  const dy = output.gradient;
  const dx = input.gradient;
  const [forward, backward] = passes();
  return {
    operations: NO_OPERATIONS,
    forward,
    backward: (count) => {
      if (dx !== 0) backward(count);
    },
  };

  /**
   * The ways forwards and backwards. Most activations compute their gradient from the output y. So y
   * may lie over x, which network/node-places.ts makes use of.
   */
  function passes(): [(count: number) => void, (count: number) => void] {
    switch (operation.name) {
      // ReLU is a leaky ReLU with a slope of 0 below zero.
      case "relu":
      case "leakyRelu": {
        const slope = "slope" in operation ? operation.slope : 0;
        return [
          (count) => kernels.relu(x, y, count * size, slope),
          (count) => kernels.reluGradient(y, dy, dx, count * size, slope),
        ];
      }
      case "clip": {
        const { low, high } = operation;
        return [
          (count) => kernels.clip(x, y, count * size, low, high),
          (count) => kernels.clipGradient(y, dy, dx, count * size, low, high),
        ];
      }
      case "elu": {
        const { alpha, scale } = operation;
        return [
          (count) => kernels.elu(x, y, count * size, alpha, scale),
          (count) => kernels.eluGradient(y, dy, dx, count * size, alpha, scale),
        ];
      }
      case "tanh":
        return [
          (count) => kernels.tanh(x, y, count * size),
          (count) => kernels.tanhGradient(y, dy, dx, count * size),
        ];
      case "sigmoid":
        return [
          (count) => kernels.sigmoid(x, y, count * size),
          (count) => kernels.sigmoidGradient(y, dy, dx, count * size),
        ];
      case "gelu":
      case "approximateGelu": {
        const approximate = operation.name === "approximateGelu";
        const bend = allocate(capacity * size);
        return [
          (count) => kernels.gelu(x, y, bend, count * size, approximate),
          (count) => kernels.geluGradient(x, bend, dy, dx, count * size, approximate),
        ];
      }
      case "softmax":
        return [
          (count) => kernels.softmax(x, y, (count * size) / columns, columns),
          (count) => kernels.softmaxGradient(y, dy, dx, (count * size) / columns, columns),
        ];
      default: {
        const { name } = operation;
        return [
          (count) => kernels.curve(x, y, count * size, name),
          (count) => kernels.curveGradient(x, dy, dx, count * size, name),
        ];
      }
    }
  }
}
