import type { CompiledModel } from "../../fused/compile/layer-node.ts";
import { buildLayerGraph } from "../layers/build-layer-graph.ts";
import { sumOf, type GraphValue } from "../layers/graph-value.ts";
import type { GraphParameter, LayerGraph } from "../layers/layer-graph.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { parametersOf } from "../../fused/compile/layer-node.ts";

/** An input of the graph that says what dropout multiplies each value by. */
export interface DropInput {
  readonly name: string;
  /** The number of the node that drops, which names its random stream. */
  readonly node: number;
  readonly rate: number;
  /** The shape for one example. */
  readonly shape: readonly number[];
}

/** The nodes of a model in a graph. */
export interface NetworkGraph {
  readonly end: GraphValue;
  readonly drops: readonly DropInput[];
  /** Writes the way backwards from the gradient of the last node. */
  readonly backward: (dy: GraphValue) => void;
}

/**
 * Writes the nodes of a model.
 * @param input - The inputs of a batch, as rows.
 */
export function networkGraph(
  graph: GraphWriter,
  { nodes }: CompiledModel,
  input: GraphValue,
  parameter: (name: string) => GraphParameter,
  training: boolean,
): NetworkGraph {
  const drops: DropInput[] = [];
  const layers: LayerGraph[] = [];
  const valueOf = (place: number): GraphValue => (place < 0 ? input : layers[place]!.output);
  /** Whether a node has a gradient: its own parameters need it, or those of a node before it. */
  const hasGradient: boolean[] = [];
  nodes.forEach(({ operation, inputs, shape }, node) => {
    const [first, ...rest] = inputs.map(valueOf);
    layers.push(
      buildLayerGraph({
        ...{ graph, operation, inputs: [first!, ...rest], shape, training, parameter },
        dropped(rate, each) {
          const name = graph.input(`dropped ${node}`, ["batch", ...each]);
          drops.push({ name, node, rate, shape: each });
          return { name, shape: each, order: "rows" };
        },
      }),
    );
    hasGradient.push(
      parametersOf(operation).some((name) => parameter(name).isTrained) ||
        inputs.some((place) => hasGradient[place] === true),
    );
  });
  return {
    ...{ end: valueOf(nodes.length - 1), drops },
    backward(dy) {
      const gradients = nodes.map((): GraphValue[] => []);
      gradients.at(-1)!.push(dy);
      for (let node = nodes.length - 1; node >= 0; node--) {
        const parts = gradients[node]!;
        if (parts.length === 0 || hasGradient[node] !== true) continue;
        const { inputs } = nodes[node]!;
        const needed = inputs.map((place) => hasGradient[place] === true);
        layers[node]!.backward(sumOf(graph, parts), needed).forEach((value, slot) => {
          if (value !== undefined && needed[slot] === true) gradients[inputs[slot]!]!.push(value);
        });
      }
    },
  };
}
