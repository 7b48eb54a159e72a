import type { Address } from "@tributary/protocol";
import type { LayerOperation } from "../compile/layer-node.ts";
import { decidedMask, undecidedMask } from "./dropout-mask.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a dropout that drops the same channels at every moment of a sequence. Recurrent layers drop
 * their inputs so, and SpatialDropout1D does.
 */
export function momentDropoutLayer({
  kernels,
  operation: { rate },
  inputs: [input],
  output,
  capacity,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "momentDropout" }>>): FusedLayer {
  const [moments, channels] = input.shape as [number, number];
  let mask = undecidedMask(rate);
  // What each channel is multiplied by, for one moment and for all of them.
  const one = allocate(capacity * channels);
  const all = allocate(capacity * output.size);
  const sizes = [1, moments, channels] as const;
  const from = { at: one, strides: [channels, 0, 0, 1] } as const;
  const to = { at: all, strides: [output.size, 0, channels, 1] } as const;
  let drops = false;
  const pass = (values: Address, result: Address, count: number): void => {
    if (drops) kernels.multiply(values, all, result, count * output.size);
    else kernels.copy(values, result, count * output.size);
  };
  return {
    operations: NO_OPERATIONS,
    startTraining(random) {
      mask = decidedMask(mask, random);
    },
    forward(count, { training, number }) {
      drops = training;
      if (drops) {
        kernels.fill(one, count * channels, 1);
        kernels.dropout(one, one, count * channels, mask, number);
        kernels.arrange(from, to, sizes, count);
      }
      pass(input.values, output.values, count);
    },
    backward(count) {
      if (input.gradient !== 0) pass(output.gradient, input.gradient, count);
    },
  };
}
