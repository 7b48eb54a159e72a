import type { LayerOperation } from "../compile/layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that multiplies every channel by a factor and adds a term to it. Both are numbers
 * of the model's configuration, which nobody trains.
 */
export function scaleLayer({
  kernels,
  operation: { factors, terms },
  inputs: [input],
  output,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "scale" }>>): FusedLayer {
  const channels = factors.length;
  const rowsEach = output.size / channels;
  const factor = allocate(channels);
  const term = allocate(channels);
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      // Written in each pass, because there is no memory yet when the layer is built.
      kernels.values(factor, channels).set(factors);
      kernels.values(term, channels).set(terms);
      kernels.scaleColumns(
        ...([input.values, output.values, factor, term] as const),
        ...([count * rowsEach, channels] as const),
      );
    },
    backward(count) {
      if (input.gradient === 0) return;
      // The terms fall out of the derivative, so a term of 0 stands for none.
      const rows = count * rowsEach;
      kernels.scaleColumns(output.gradient, input.gradient, factor, 0, rows, channels);
    },
  };
}
