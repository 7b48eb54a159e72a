import type { Address } from "@tributary/protocol";
import type { LayerOperation } from "../compile/layer-node.ts";
import { decidedMask, undecidedMask } from "./dropout-mask.ts";
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
  let mask = undecidedMask(rate);
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
      mask = decidedMask(mask, random);
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
