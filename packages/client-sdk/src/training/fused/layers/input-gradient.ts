import { MATMUL_SCRATCH, type Kernels } from "../kernels.ts";

/** Values of scratch memory that `inputGradient` takes. */
export function inputGradientScratch(rows: number, width: number, units: number): number {
  return MATMUL_SCRATCH + Math.min(rows * (units + width), width * units);
}

/**
 * dx [rows, width] = dy [rows, units] · kernelᵀ, for a kernel [width, units]. Turns over whatever is smaller: the
 * kernel, or dy and dx. Each sum runs over the units either way.
 */
export function inputGradient(
  kernels: Kernels,
  dy: number,
  kernel: number,
  dx: number,
  [rows, width, units]: readonly [rows: number, width: number, units: number],
  scratch: number,
): void {
  const turned = scratch + MATMUL_SCRATCH;
  if (rows * (units + width) < width * units) {
    const dxTurned = turned + rows * units;
    kernels.transpose(dy, units, turned, rows, rows, units);
    kernels.matmul(
      ...([kernel, units, 1, turned, rows, dxTurned, rows, 0, 0] as const),
      ...([width, rows, units, scratch] as const),
    );
    kernels.transpose(dxTurned, rows, dx, width, width, rows);
    return;
  }
  kernels.transpose(kernel, units, turned, width, width, units);
  kernels.matmul(
    ...([dy, units, 1, turned, width, dx, width, 0, 0] as const),
    ...([rows, width, units, scratch] as const),
  );
}
