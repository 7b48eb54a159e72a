import type { LayerOperation } from "../layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * In training, sets values to zero with a probability of `rate` and scales the others by 1 / (1 − rate). Which ones
 * depends on nothing but the training's random source, the layer, the pass and the value's place.
 */
export function dropoutLayer({
  kernels,
  operation: { rate },
  inputs: [input],
  output,
}: LayerContext<Extract<LayerOperation, { kind: "dropout" }>>): FusedLayer {
  const threshold = Math.floor(rate * 2 ** 32);
  const factor = 1 / (1 - rate);
  let key: readonly [number, number] = [0, 0];
  let step = 0;
  let masks = false;
  const mask = (from: number, to: number, count: number): void => {
    kernels.dropout(from, to, count * output.size, key[0], key[1], step, threshold, factor);
  };
  return {
    operations: NO_OPERATIONS,
    startTraining(random) {
      const words = new DataView(random.bytes(8).slice().buffer);
      key = [words.getInt32(0, true), words.getInt32(4, true)];
    },
    forward(count, pass) {
      step = pass.number;
      masks = pass.training;
      if (masks) mask(input.values, output.values, count);
      else if (input.values !== output.values) {
        const { values } = input;
        kernels.heap().copyWithin(output.values, values, values + count * output.size);
      }
    },
    backward(count) {
      const { gradient } = output;
      if (input.gradient === 0) return;
      if (masks) mask(gradient, input.gradient, count);
      else if (gradient !== input.gradient) {
        kernels.heap().copyWithin(input.gradient, gradient, gradient + count * output.size);
      }
    },
  };
}
