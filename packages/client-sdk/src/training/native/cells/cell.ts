// What differs between the kinds of recurrent layers. The values of one moment are [features, batch],
// and those of all moments are [moments, features, batch].
import type { CellActivation } from "../../fused/compile/layer-node.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";

/** What a cell is written with. */
export interface CellContext {
  /** The graph around the scans. */
  readonly graph: GraphWriter;
  readonly units: number;
  /** The recurrent kernel, [units, gates]. */
  readonly kernel: string;
  /** What is added to the products of the state, [gates]; only a cell that has two biases has it. */
  readonly stateBias: string | undefined;
  /** The activation of the candidate and of the output. */
  readonly activation: CellActivation;
  readonly gateActivation: CellActivation;
}

/** One moment on the way forwards. */
export interface ForwardMoment {
  readonly graph: GraphWriter;
  /** What the input gives to the gates, [gates, batch]. */
  readonly gates: string;
  /** The states before: the output, and the cell state in a cell that has one. */
  readonly states: readonly string[];
  /** The output before, perhaps with dropped units, as the recurrent kernel multiplies it. */
  readonly multiplied: string;
}

/** One moment on the way backwards. */
export interface BackwardMoment {
  readonly graph: GraphWriter;
  /** The gradients of the states. */
  readonly states: readonly string[];
  /** This moment of what `Cell.slopes` gives. */
  readonly slopes: readonly string[];
}

/** The gradients that a moment gives. */
export interface MomentGradients {
  /** Of the gates before their activations, [gates, batch]. */
  readonly gates: string;
  /** Of what the recurrent kernel multiplied. */
  readonly multiplied: string;
  /** Of the states before, besides that; undefined where there is nothing. */
  readonly states: readonly (string | undefined)[];
  /** Of products whose gradient is not that of gates. */
  readonly products: readonly string[];
}

/** A product of the recurrent kernel at all moments. The kernel's columns are those of all products. */
export interface StateProduct {
  /** What is multiplied, [moments, units, batch]. */
  readonly state: string;
  /** The gradient of the product, [moments, columns, batch]. */
  readonly gradient: string;
}

/** A cell in the graph. */
export interface Cell {
  /** Writes a moment. @returns The states after it, and what `slopes` needs of it. */
  forward(moment: ForwardMoment): {
    readonly states: readonly string[];
    readonly kept: readonly string[];
  };
  /**
   * Writes what gradients are multiplied by, for all moments at once, so that little is left to be
   * done one moment after the other.
   */
  slopes(kept: readonly string[], multiplied: string): readonly string[];
  /** Writes the gradients of a moment. */
  backward(moment: BackwardMoment): MomentGradients;
  /**
   * Names the products of the recurrent kernel.
   * @param gates - The gradient of the gates at all moments.
   * @param products - `MomentGradients.products` at all moments.
   */
  products(
    multiplied: string,
    kept: readonly string[],
    gates: string,
    products: readonly string[],
  ): readonly StateProduct[];
}

/** @returns Some neighbouring columns of the recurrent kernel, [units, count]. */
export function kernelColumns(
  { graph, kernel }: CellContext,
  first: number,
  count: number,
): string {
  const [from, to, axes] = [first, first + count, 1].map((value) => graph.ints([value]));
  return graph.op("Slice", [kernel, from!, to!, axes!]);
}

/** @returns Parts of equal size of the features. */
export const partsOf = (graph: GraphWriter, value: string, count: number): readonly string[] =>
  graph.ops("Split", [value], { axis: -2, num_outputs: count }, count);

/** @returns Values with their features one after the other. */
export const joined = (graph: GraphWriter, values: readonly string[]): string =>
  graph.op("Concat", values, { axis: -2 });
