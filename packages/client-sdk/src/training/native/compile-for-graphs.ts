// Decides which models the native engine takes, and which of them it trains faster than the fused one.
// It loads nothing of the engine itself.
import { shapeSize, TributaryError, type Plan } from "@tributary/protocol";
import { compileTopology } from "../fused/compile/compile-topology.ts";
import type { CompiledModel, LayerOperation } from "../fused/compile/layer-node.ts";

/** The operations that no graph is written for, and what a person calls them. */
const MISSING: Partial<Record<LayerOperation["kind"], string>> = {
  recurrent: "it is recurrent",
  mask: "it leaves moments out",
  countedMean: "it leaves moments out",
};

/**
 * Compiles a plan's model for graphs.
 * @throws TributaryError `MODEL_UNSUPPORTED` for a layer that no graph is written for, which
 *   `context.layer` names.
 */
export function compileForGraphs(plan: Plan): CompiledModel {
  const compiled = compileTopology(plan);
  const unsupported = unsupportedLayer(compiled);
  if (unsupported === undefined) return compiled;
  const { layer, fault } = unsupported;
  throw new TributaryError(
    "MODEL_UNSUPPORTED",
    `The native engine does not support the layer ${layer}: ${fault}`,
    { remedy: 'Use the engine "fused" or "auto".', context: { layer } },
  );
}

/** Finds the first layer that no graph is written for, and says why as a clause. */
export function unsupportedLayer({
  nodes,
}: CompiledModel): { readonly layer: string; readonly fault: string } | undefined {
  for (const { layer, operation } of nodes) {
    const fault = missingFrom(operation);
    if (fault !== undefined) return { layer, fault };
  }
  return undefined;
}

function missingFrom(operation: LayerOperation): string | undefined {
  if (operation.kind === "eachMoment") return missingFrom(operation.operation);
  return MISSING[operation.kind];
}

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
    case "attention":
      return 2 * input[0]! * shapeSize(output);
    case "eachMoment":
      return operation.moments * productsOf(operation.operation, input.slice(1), output.slice(1));
    default:
      return 0;
  }
}
