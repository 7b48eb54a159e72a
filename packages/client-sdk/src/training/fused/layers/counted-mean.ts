import { after, matrix, ZEROS } from "../kernels/matrix.ts";
import { MATMUL_SCRATCH, type Product } from "../kernels/multiply-kernels.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext, type NodeValues } from "./layer.ts";

/**
 * Builds the mean of those moments of a sequence that count: a product of the sequence with the share
 * of each moment. Where no moment counts, it is zero.
 */
export function countedMeanLayer({
  kernels,
  inputs,
  output,
  capacity,
  allocate,
  scratch,
}: LayerContext): FusedLayer {
  const [input, mask] = inputs as readonly [NodeValues, NodeValues];
  const [moments, channels] = input.shape as [number, number];
  const shares = allocate(capacity * moments);
  const packing = scratch(MATMUL_SCRATCH).place(0, {});
  const products = Array.from({ length: capacity }, (_, example) => {
    const own = after(shares, example * moments);
    const dy = after(output.gradient, example * channels);
    const each = { start: ZEROS, scratch: packing };
    return {
      forward: {
        ...{ a: matrix(own, moments), ...each },
        b: matrix(after(input.values, example * input.size), channels),
        c: matrix(after(output.values, example * channels), channels),
      } satisfies Product,
      backward: {
        ...{ a: matrix(own, 1), b: matrix(dy, channels), ...each },
        c: matrix(after(input.gradient, example * input.size), channels),
      } satisfies Product,
    };
  });
  return {
    operations: NO_OPERATIONS,
    forward(count) {
      const flags = kernels.values(mask.values, count * moments);
      const values = kernels.values(shares, count * moments);
      for (let first = 0; first < flags.length; first += moments) {
        const own = flags.subarray(first, first + moments);
        const counted = own.reduce((sum, flag) => sum + flag, 0);
        own.forEach((flag, i) => (values[first + i] = flag / Math.max(counted, 1)));
      }
      for (let i = 0; i < count; i++) kernels.matmul(products[i]!.forward, 1, channels, moments);
    },
    backward(count) {
      if (input.gradient === 0) return;
      for (let i = 0; i < count; i++) kernels.matmul(products[i]!.backward, moments, channels, 1);
    },
  };
}
