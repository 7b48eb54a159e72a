// What layers over the moments of a sequence share.
import type { Kernels } from "../kernels.ts";
import type { LayerOperation } from "../layer-node.ts";
import { denseLayer } from "./dense.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

/**
 * What the input gives to the gates of all moments at once, before the states are added: a dense layer, whose outputs
 * and their gradient are both at `z`, [capacity, moments, gates].
 */
export function inputToGates(
  context: LayerContext<Extract<LayerOperation, { kind: "recurrent" }>>,
  z: number,
  gates: number,
): FusedLayer {
  const { kernel, bias } = context.operation;
  const moments = context.inputs[0].shape[0]!;
  const output = { values: z, gradient: z, size: moments * gates, shape: [moments, gates] };
  return denseLayer({ ...context, operation: { kind: "dense", kernel, bias }, output });
}

/** Puts rows of `units` values that lie apart side by side. */
export function copyMoment(
  kernels: Kernels,
  from: number,
  fromRow: number,
  to: number,
  [rows, units]: readonly [rows: number, units: number],
): void {
  const heap = kernels.heap();
  for (let row = 0; row < rows; row++) {
    const start = from + row * fromRow;
    heap.copyWithin(to + row * units, start, start + units);
  }
}
