import type { Address } from "@tributary/protocol";
import { matrix, ZEROS, type Matrix } from "../kernels/matrix.ts";
import { MATMUL_SCRATCH, type Product } from "../kernels/multiply-kernels.ts";
import type { LayerContext } from "./layer.ts";

/** What computes dx [rows, width] = dy [rows, units] · kernelᵀ, for a kernel [width, units]. */
export interface InputGradientOperands {
  readonly dy: Address;
  readonly kernel: Address;
  readonly dx: Address;
  readonly width: number;
  readonly units: number;
  /** The largest number of rows. */
  readonly capacity: number;
}

/** The operands for one number of rows. */
interface Prepared {
  readonly rows: number;
  readonly run: () => void;
}

/**
 * Makes a function that computes the gradient of a dense layer's input. `matmul` reads B row by
 * row, so something has to be transposed first: the kernel, or dy and dx, whichever is smaller.
 * Each sum runs over the units either way, so the bits are the same.
 */
export function inputGradient(
  { kernels, scratch }: Pick<LayerContext, "kernels" | "scratch">,
  { dy, kernel, dx, width, units, capacity }: InputGradientOperands,
): (rows: number) => void {
  // Scratch memory for the packing of `matmul` and, behind it, for what is transposed.
  const room = scratch(MATMUL_SCRATCH + Math.min(capacity * (units + width), width * units));
  const packing = room.place(0, {});
  /** A matrix behind what `matmul` needs for packing. */
  const turned = (offset: number, row: number): Matrix =>
    room.place(MATMUL_SCRATCH + offset, { row, step: 1 });

  /** dx = dy · kernelᵀ, with the kernel transposed. */
  const throughKernel = (rows: number): Prepared => {
    const from = matrix(kernel, units);
    const b = turned(0, width);
    const product: Product = {
      a: matrix(dy, units),
      b,
      c: matrix(dx, width),
      start: ZEROS,
      scratch: packing,
    };
    return {
      rows,
      run() {
        kernels.transpose(from, b, width, units);
        kernels.matmul(product, rows, width, units);
      },
    };
  };
  /** dxᵀ = kernel · dyᵀ, with dy transposed before and dx after the product. */
  const throughGradients = (rows: number): Prepared => {
    const from = matrix(dy, units);
    const b = turned(0, rows);
    const c = turned(rows * units, rows);
    const to = matrix(dx, width);
    const product: Product = { a: matrix(kernel, units), b, c, start: ZEROS, scratch: packing };
    return {
      rows,
      run() {
        kernels.transpose(from, b, rows, units);
        kernels.matmul(product, width, rows, units);
        kernels.transpose(c, to, width, rows);
      },
    };
  };
  // The sizes of what would be transposed decide. A last batch that is smaller may take the other
  // way.
  const prepare = (rows: number): Prepared =>
    rows * (units + width) < width * units ? throughGradients(rows) : throughKernel(rows);

  // Batches have the same size, but for the last one of an epoch: the operands are rarely made
  // again.
  let prepared = prepare(capacity);
  return (rows) => {
    if (rows !== prepared.rows) prepared = prepare(rows);
    prepared.run();
  };
}
