import type { LayerOperation } from "../compile/layer-node.ts";
import type { ColumnNorm } from "../kernels/column-kernels.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that brings every channel to mean 0 and variance 1, and then scales and moves it
 * (arXiv:1502.03167). A training pass takes mean and variance from the batch, and moves the moving
 * averages, which are parameters of the model, towards them; every other pass takes the moving
 * averages. So does a layer that the plan does not train, which leaves them as they are.
 */
export function batchNormLayer({
  kernels,
  operation,
  inputs: [input],
  output,
  parameter,
  allocate,
}: LayerContext<Extract<LayerOperation, { kind: "batchNorm" }>>): FusedLayer {
  const { epsilon, momentum, isTrained } = operation;
  const columns = output.shape.at(-1)!;
  const rowsEach = output.size / columns;
  const [gamma, beta] = [operation.gamma, operation.beta].map((name) =>
    name === undefined ? { values: 0, gradient: 0 } : parameter(name),
  ) as [ReturnType<typeof parameter>, ReturnType<typeof parameter>];
  const moving = {
    mean: parameter(operation.mean).values,
    variance: parameter(operation.variance).values,
  };
  const [mean, variance, inverse, shift, tilt] = Array.from({ length: 5 }, () =>
    allocate(columns),
  ) as [number, number, number, number, number];
  const { fround, sqrt } = Math;
  // The way backwards takes the averages that the last way forwards took.
  let takesBatch = false;

  /** Moves a moving average towards what the batch has. */
  const follow = (average: number, batch: number): void => {
    const averages = kernels.values(average, columns);
    const share = fround(1 - momentum);
    kernels.values(batch, columns).forEach((value, i) => {
      const distance = fround(averages[i]! - value);
      averages[i] = averages[i]! - fround(distance * share);
    });
  };
  const operandsFor = (rows: number): ColumnNorm => ({
    x: input.values,
    mean,
    inverse,
    rows,
    columns,
  });
  return {
    operations: NO_OPERATIONS,
    forward(count, { training }) {
      const rows = count * rowsEach;
      takesBatch = training && isTrained;
      if (takesBatch) {
        kernels.columnMoments(input.values, rows, columns, mean, variance);
        follow(moving.mean, mean);
        follow(moving.variance, variance);
      } else {
        kernels.copy(moving.mean, mean, columns);
        kernels.copy(moving.variance, variance, columns);
      }
      const inverses = kernels.values(inverse, columns);
      kernels.values(variance, columns).forEach((value, i) => {
        inverses[i] = 1 / fround(sqrt(fround(value + fround(epsilon))));
      });
      kernels.normalizeColumns(operandsFor(rows), output.values, gamma.values, beta.values);
    },
    backward(count) {
      const rows = count * rowsEach;
      const operands = operandsFor(rows);
      const dy = output.gradient;
      kernels.columnSums(dy, rows, columns, shift);
      kernels.columnProducts(operands, dy, tilt);
      // The sums are the gradients of beta and gamma, and their means take part in that of the input.
      if (beta.gradient !== 0) kernels.copy(shift, beta.gradient, columns);
      if (gamma.gradient !== 0) kernels.copy(tilt, gamma.gradient, columns);
      if (input.gradient === 0) return;
      // Averages that do not come from the batch do not change with the input.
      const share = takesBatch ? 1 / rows : 0;
      kernels.scale(shift, shift, columns, share);
      kernels.scale(tilt, tilt, columns, share);
      const slopes = { dy, shift, tilt };
      kernels.normalizeColumnsGradient(operands, slopes, input.gradient, gamma.values);
    },
  };
}
