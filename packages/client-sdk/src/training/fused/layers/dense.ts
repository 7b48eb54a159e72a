import type { LayerOperation } from "../layer-node.ts";
import { inputGradient, inputGradientScratch } from "./input-gradient.ts";
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
  const room = scratch(inputGradientScratch(most, width, units));
  const product = 2 * rowsEach * width * units;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (input.gradient === 0 ? 0 : 1);
  return {
    operations: { forward: product, backward: product * needed },
    forward(count) {
      const rows = count * rowsEach;
      const { place } = room;
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
      const { place } = room;
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
      const sizes = [rows, width, units] as const;
      inputGradient(kernels, dy, kernel.values, input.gradient, sizes, place);
    },
  };
}
