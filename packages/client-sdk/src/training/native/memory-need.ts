import { shapeSize, TributaryError, type ParameterLayout } from "@tributary/protocol";
import { GATES_PER_UNIT, type CompiledModel, type LayerNode } from "../fused/compile/layer-node.ts";
import { MEMORY_REMEDY } from "./runtime/memory.ts";
import type { StepGraph } from "./step/step-graph.ts";

const VALUE_BYTES = 4;

/** What a training needs. */
export interface MemoryNeed {
  readonly bytes: number;
  /** The layer that needs the most for the examples of a batch. */
  readonly layer: string;
}

/**
 * Says how many bytes a training needs at least: both sides of the parameters and of what the optimizer
 * remembers, and what each layer keeps of every example until the way backwards. ONNX Runtime needs more,
 * as it likes, so a training that is refused for this need could not have run.
 * @param capacity - The largest number of examples in a batch.
 */
export function leastMemory(
  layout: ParameterLayout,
  { nodes, inputShape }: CompiledModel,
  { trained, optimizer }: Pick<StepGraph, "trained" | "optimizer">,
  capacity: number,
): MemoryNeed {
  const sizes = new Map(layout.parameters.map(({ name, size }) => [name, size]));
  const moved = trained.reduce((sum, name) => sum + sizes.get(name)!, 0);
  let [all, layer, largest] = [shapeSize(inputShape), "", 0];
  for (const node of nodes) {
    const kept = keptOf(node, nodes[node.inputs[0]!]?.shape ?? inputShape);
    all += kept;
    if (kept > largest) [layer, largest] = [node.layer, kept];
  }
  const values = 2 * (layout.size + optimizer.state.length * moved) + capacity * all;
  return { bytes: VALUE_BYTES * values, layer };
}

/** How many values a node keeps of an example. */
function keptOf({ operation, shape }: LayerNode, input: readonly number[]): number {
  switch (operation.kind) {
    // These may take the place of their input.
    case "activation":
    case "dropout":
    case "reshape":
      return 0;
    case "recurrent":
      // The gates, their slopes, and the gradient of their sums.
      return 3 * input[0]! * GATES_PER_UNIT[operation.cell] * shape.at(-1)!;
    case "attention":
      // The output, and the weights of each pair of moments.
      return shapeSize(shape) + operation.heads * shape[0]! * shape[0]!;
    default:
      return shapeSize(shape);
  }
}

/**
 * Looks whether there is enough memory, before the system ends the process for having taken too much.
 * @param examples - In a batch.
 * @throws TributaryError `MODEL_UNSUPPORTED` when there is not, with what is needed.
 */
export function requireMemory(
  { bytes, layer }: MemoryNeed,
  examples: number,
  available: number,
): void {
  if (bytes <= available) return;
  const [needed, free] = [bytes, available].map((size) => `${(size / 2 ** 20).toFixed(0)} MiB`);
  throw new TributaryError(
    "MODEL_UNSUPPORTED",
    `Training with batches of ${examples} examples needs at least ${needed}, and ${free} are free; the layer ${layer} takes the most`,
    { remedy: MEMORY_REMEDY, context: { layer } },
  );
}
