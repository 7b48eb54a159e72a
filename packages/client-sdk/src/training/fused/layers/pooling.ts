import type { LayerOperation } from "../layer-node.ts";
import { windowShape } from "../window-shape.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/** The largest or the mean value of windows. */
export function poolingLayer({
  kernels,
  operation: { mode, size, steps, padding },
  inputs: [input],
  output,
  capacity,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "pooling" }>>): FusedLayer {
  const [height, width, channels] = input.shape as [number, number, number];
  const { rows, columns, top, left } = windowShape({ height, width, size, steps, padding });
  const windows = [rows, columns, ...size, ...steps, top, left] as const;
  const x = input.values;
  const y = output.values;
  const dx = input.gradient;
  const dy = output.gradient;
  if (mode === "average") {
    return {
      operations: NO_OPERATIONS,
      forward: (count) => kernels.averagePool(x, y, count, height, width, channels, ...windows),
      backward: (count) => {
        if (dx === 0) return;
        kernels.averagePoolGradient(dy, dx, count, height, width, channels, ...windows);
      },
    };
  }
  const places = allocate(capacity * output.size);
  return {
    operations: NO_OPERATIONS,
    forward: (count) => kernels.maxPool(x, y, places, count, height, width, channels, ...windows),
    backward: (count) => {
      if (dx !== 0) kernels.maxPoolGradient(dy, places, dx, count, input.size, output.size);
    },
  };
}
