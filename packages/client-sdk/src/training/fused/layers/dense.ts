import type { LayerOperation } from "../compile/layer-node.ts";
import { matrix, repeatedRow, ZEROS } from "../kernels/matrix.ts";
import {
  DESCENT_DEPTH,
  MATMUL_SCRATCH,
  type Product,
  type ProductDescent,
} from "../kernels/multiply-kernels.ts";
import { inputGradient } from "./input-gradient.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

/**
 * Builds a layer that computes y = x·kernel + bias over the last axis, with a kernel [width,
 * units]. Backwards, the gradient of the kernel is xᵀ·dy, that of the bias is the sum of the rows
 * of dy, and that of the input is dy·kernelᵀ. What nobody needs is left out.
 */
export function denseLayer(
  context: LayerContext<Extract<LayerOperation, { kind: "dense" }>>,
): FusedLayer {
  const { kernels, operation, output, capacity, parameter, scratch } = context;
  const [input] = context.inputs;
  const width = input.shape.at(-1)!;
  const units = output.shape.at(-1)!;
  // All axes but the last one are treated like further examples.
  const rowsEach = input.size / width;
  const kernel = parameter(operation.kernel);
  const bias = operation.bias === undefined ? undefined : parameter(operation.bias);
  const packing = scratch(MATMUL_SCRATCH).place(0, {});
  const dy = output.gradient;
  const forwards: Product = {
    a: matrix(input.values, width),
    b: matrix(kernel.values, units),
    c: matrix(output.values, units),
    start: bias === undefined ? ZEROS : repeatedRow(bias.values),
    scratch: packing,
  };
  const kernelGradient: Product = {
    // The transpose of the input.
    a: matrix(input.values, 1, width),
    b: matrix(dy, units),
    c: matrix(kernel.gradient, units),
    start: ZEROS,
    scratch: packing,
  };
  const kernelDescent: ProductDescent = { ...kernelGradient, w: kernel.values };
  const toInput =
    input.gradient === 0
      ? undefined
      : inputGradient(context, {
          ...{ dy, kernel: kernel.values, dx: input.gradient, width, units },
          capacity: capacity * rowsEach,
        });
  // Two operations, a multiplication and an addition, for each pair of an input and a unit.
  // Backwards there are up to two products of this size: the gradients of the kernel and of the
  // input.
  const product = 2 * rowsEach * width * units;
  const needed = (kernel.gradient === 0 ? 0 : 1) + (input.gradient === 0 ? 0 : 1);
  return {
    operations: { forward: product, backward: product * needed },
    descends: capacity * rowsEach <= DESCENT_DEPTH,
    forward: (count) => kernels.matmul(forwards, count * rowsEach, units, width),
    backward(count, rate) {
      const rows = count * rowsEach;
      toInput?.(rows);
      // A gradient address of 0 stands for a frozen parameter.
      if (kernel.gradient !== 0) {
        if (rate === undefined) kernels.matmul(kernelGradient, width, units, rows);
        else kernels.descendAlong(kernelDescent, width, units, rows, rate);
      }
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(dy, rows, units, bias.gradient);
        if (rate !== undefined) kernels.descend(bias.values, bias.gradient, units, rate);
      }
    },
  };
}
