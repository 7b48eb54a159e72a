import { MATMUL_SCRATCH } from "../kernels.ts";
import type { LayerOperation } from "../layer-node.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

/** y = x·kernel + bias, over the last axis. */
export function denseLayer({
  kernels,
  operation,
  inputs: [input],
  output,
  capacity,
  parameter,
  scratch,
}: LayerContext<Extract<LayerOperation, { kind: "dense" }>>): FusedLayer {
  const width = input.shape.at(-1)!;
  const units = output.shape.at(-1)!;
  const rowsEach = input.size / width;
  const kernel = parameter(operation.kernel);
  const bias = operation.bias === undefined ? undefined : parameter(operation.bias);
  const most = capacity * rowsEach;
  // For the input's gradient: dy and dx with examples along the rows, so that no kernel has to be transposed.
  const turned = scratch(MATMUL_SCRATCH + most * (units + width));
  const product = 2 * rowsEach * width * units;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (input.gradient === 0 ? 0 : 1);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      const rows = count * rowsEach;
      const { place } = turned;
      const start = bias?.values ?? 0;
      kernels.matmul(
        input.values,
        width,
        1,
        kernel.values,
        units,
        output.values,
        units,
        start,
        0,
        rows,
        units,
        width,
        place,
      );
    },
    backward(count) {
      const rows = count * rowsEach;
      const { place } = turned;
      const dy = output.gradient;
      if (kernel.gradient !== 0) {
        const into = kernel.gradient;
        kernels.matmul(
          input.values,
          1,
          width,
          dy,
          units,
          into,
          units,
          0,
          0,
          width,
          units,
          rows,
          place,
        );
      }
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(dy, rows, units, bias.gradient);
      }
      if (input.gradient === 0) return;
      const dyTurned = place + MATMUL_SCRATCH;
      const dxTurned = dyTurned + rows * units;
      kernels.transpose(dy, units, dyTurned, rows, rows, units);
      kernels.matmul(
        kernel.values,
        units,
        1,
        dyTurned,
        rows,
        dxTurned,
        rows,
        0,
        0,
        width,
        rows,
        units,
        place,
      );
      kernels.transpose(dxTurned, rows, input.gradient, width, width, rows);
    },
  };
}
