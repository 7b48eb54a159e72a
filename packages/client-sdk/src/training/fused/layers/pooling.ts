import type { LayerOperation } from "../compile/layer-node.ts";
import { imageOf, windowShape } from "../compile/window-shape.ts";
import type { PoolWindows } from "../kernels/image-kernels.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that gives the largest value of each window and channel, or the mean of its
 * values. Backwards, the largest value gets the whole gradient of its window. Behind a mean, every
 * value of the window gets an equal part.
 */
export function poolingLayer({
  kernels,
  operation: { mode, size, steps, padding },
  inputs: [input],
  output,
  capacity,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "pooling" }>>): FusedLayer {
  const [height, width, channels] = imageOf(input.shape);
  const { rows, columns, top, left } = windowShape({ height, width, size, steps, padding });
  // Padding is not written to memory. Windows that reach over an edge are cut there.
  const windows: PoolWindows = {
    ...{ height, width, channels, rows, columns, size, steps, top, left },
  };
  const x = input.values;
  const y = output.values;
  const dx = input.gradient;
  const dy = output.gradient;
  if (mode === "average") {
    return {
      operations: NO_OPERATIONS,
      forward: (count) => kernels.averagePool(x, y, windows, count),
      backward(count) {
        // An address of 0 means that no layer before this one is trained.
        if (dx !== 0) kernels.averagePoolGradient(dy, dx, windows, count);
      },
    };
  }
  // For each output, where the largest value was: int32, in the place of a float32.
  const places = allocate(capacity * output.size);
  return {
    operations: NO_OPERATIONS,
    forward: (count) => kernels.maxPool(x, y, places, windows, count),
    backward(count) {
      if (dx !== 0) kernels.maxPoolGradient(dy, places, dx, windows, count);
    },
  };
}
