import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/** Builds a layer that multiplies its inputs, value by value. All of them have the same shape. */
export function multiplyLayer({
  kernels,
  inputs,
  output,
}: Pick<LayerContext, "kernels" | "inputs" | "output">): FusedLayer {
  const [first, ...rest] = inputs;
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      const size = count * output.size;
      kernels.copy(first.values, output.values, size);
      for (const { values } of rest) kernels.multiply(output.values, values, output.values, size);
    },
    backward(count) {
      const size = count * output.size;
      // The derivative with respect to one input is the product of the others.
      inputs.forEach(({ gradient }, index) => {
        if (gradient === 0) return;
        kernels.copy(output.gradient, gradient, size);
        inputs.forEach(({ values }, other) => {
          if (other !== index) kernels.multiply(gradient, values, gradient, size);
        });
      });
    },
  };
}
