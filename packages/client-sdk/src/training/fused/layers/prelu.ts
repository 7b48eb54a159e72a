import type { LayerOperation } from "../compile/layer-node.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a ReLU whose slopes below 0 are trained (arXiv:1502.01852). There is a slope for each value
 * of an example, or for each place along its last axes.
 */
export function preluLayer({
  kernels,
  operation: { slopes: name, columns },
  inputs: [input],
  output,
  capacity,
  parameter,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "prelu" }>>): FusedLayer {
  const { size } = output;
  const slopes = parameter(name);
  const [x, dy] = [input.values, output.gradient];
  const below = slopes.gradient === 0 ? 0 : allocate(capacity * size);
  const rowsEach = size / columns;
  return {
    operations: NO_OPERATIONS,
    forward: (count) =>
      kernels.bendColumns(x, x, slopes.values, output.values, count * rowsEach, columns),
    backward(count) {
      const rows = count * rowsEach;
      if (slopes.gradient !== 0) {
        // The gradient of a slope is the sum of dy · x over the x below 0.
        kernels.clip(x, below, count * size, -Infinity, 0);
        kernels.multiply(below, dy, below, count * size);
        kernels.columnSums(below, rows, columns, slopes.gradient);
      }
      if (input.gradient !== 0) {
        kernels.bendColumns(x, dy, slopes.values, input.gradient, rows, columns);
      }
    },
  };
}
