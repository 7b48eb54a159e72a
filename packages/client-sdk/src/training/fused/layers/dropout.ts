import type { Address } from "@tributary/protocol";
import type { LayerOperation } from "../compile/layer-node.ts";
import type { DropoutMask } from "../kernels/number-kernels.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that, in training, sets values to zero with a probability of `rate` and multiplies
 * the others by 1 / (1 − rate). Which values those are depends on the random source of the
 * training, the layer, the pass and the place of the value, and on nothing else.
 */
export function dropoutLayer({
  kernels,
  operation: { rate },
  inputs: [input],
  output,
}: LayerContext<Extract<LayerOperation, { kind: "dropout" }>>): FusedLayer {
  let mask: DropoutMask = {
    key: [0, 0],
    threshold: Math.floor(rate * 2 ** 32),
    factor: 1 / (1 - rate),
  };
  // The pass that comes backwards must use the mask of the last pass forwards.
  let step = 0;
  let drops = false;
  // Backwards, gradients go through the same mask as the values did forwards.
  const pass = (from: Address, to: Address, size: number): void => {
    if (drops) kernels.dropout(from, to, size, mask, step);
    // Input and output may be the same memory. Then nothing has to be copied.
    else if (from !== to) kernels.copy(from, to, size);
  };
  return {
    operations: NO_OPERATIONS,
    startTraining(random) {
      // All bits of the key come from the source of the training, so the same seed drops the same
      // values.
      const words = new DataView(random.bytes(8).slice().buffer);
      mask = { ...mask, key: [words.getInt32(0, true), words.getInt32(4, true)] };
    },
    forward(count, { number, training }) {
      step = number;
      drops = training;
      pass(input.values, output.values, count * output.size);
    },
    backward(count) {
      if (input.gradient !== 0) pass(output.gradient, input.gradient, count * output.size);
    },
  };
}
