// Counts the work of a training step, which decides whether the native engine is worth it. It loads
// nothing of the engine itself.
import { shapeSize } from "@tributary/protocol";
import {
  GATES_PER_UNIT,
  type CompiledModel,
  type LayerOperation,
} from "../fused/compile/layer-node.ts";

/**
 * From so many operations in a step on, graphs are faster. Below it, what each operator costs besides
 * its arithmetic takes longer than the fused trainer's whole step. docs/training.md has the table.
 */
export const WORTH_OPERATIONS = 50e6;

/**
 * Counts the multiplications and additions of a step on a whole batch: those of products of matrices
 * and of convolutions, forwards and twice as many backwards.
 */
export function stepOperations({ nodes, inputShape }: CompiledModel, batchSize: number): number {
  const shapeOf = (place: number): readonly number[] => nodes[place]?.shape ?? inputShape;
  const forwards = nodes.reduce(
    (sum, { operation, inputs, shape }) => sum + productsOf(operation, shapeOf(inputs[0]!), shape),
    0,
  );
  return 3 * 2 * forwards * batchSize;
}

/** @returns How many products an operation adds up for one example. */
function productsOf(
  operation: LayerOperation,
  input: readonly number[],
  output: readonly number[],
): number {
  const [from, to] = [input.at(-1)!, output.at(-1)!];
  switch (operation.kind) {
    case "dense":
      return shapeSize(output) * from;
    case "convolution":
      return shapeSize(output) * operation.size[0] * operation.size[1] * from;
    case "transposedConvolution":
      return shapeSize(input) * operation.size[0] * operation.size[1] * to;
    case "recurrent": {
      const units = to;
      return input[0]! * GATES_PER_UNIT[operation.cell] * units * (from + units);
    }
    case "attention":
      return 2 * input[0]! * shapeSize(output);
    case "eachMoment":
      return operation.moments * productsOf(operation.operation, input.slice(1), output.slice(1));
    default:
      return 0;
  }
}
