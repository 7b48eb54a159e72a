// Compiles layers that are made of other layers: those that apply one to every moment of a sequence,
// or in both directions, and those that name the cells of a recurrent layer.
import { sequenceReversal } from "./axis-copies.ts";
import { asFields, LayerRefusal, requireOneOf, type Fields } from "./layer-config.ts";
import type { LayerOperation } from "./layer-node.ts";
import { requireAxes, type CompiledLayer, type LayerToCompile } from "./layer-to-compile.ts";
import { NodeJoiner } from "./node-joiner.ts";

/**
 * Compiles a layer that is made of others.
 * @param compile - Compiles one of those.
 * @throws LayerRefusal when no node can express it.
 */
type WrapperCompiler = (
  layer: LayerToCompile,
  compile: (part: LayerToCompile) => CompiledLayer,
) => CompiledLayer;

/** The layers that are made of others. */
export const WRAPPER_LAYERS: Readonly<Record<string, WrapperCompiler>> = {
  TimeDistributed: (layer, compile) => {
    const [moments, ...shape] = layer.inputs[0]!.shape;
    if (moments === undefined || shape.length === 0) throw new LayerRefusal("it has no moments");
    const { kind, config } = innerOf(layer.config["layer"]);
    const { nodes, ...made } = compile({ ...layer, kind, config, inputs: [{ shape }] });
    for (const { operation } of nodes) {
      if (operation.kind !== "batchNorm" || !operation.isTrained) continue;
      throw new LayerRefusal("it has a mean and a variance for each moment");
    }
    return {
      ...made,
      nodes: nodes.map((node) => ({
        ...node,
        operation: eachMoment(moments, node.operation),
        shape: [moments, ...node.shape],
      })),
    };
  },
  Bidirectional: (layer, compile) => {
    const { config, inputs } = layer;
    const inner = innerOf(config["layer"]);
    const merge = mergeOf(config["merge_mode"]);
    const backwards = inner.config["go_backwards"] === true;
    const part = (direction: "forward" | "backward"): CompiledLayer =>
      compile({
        ...{ ...layer, kind: inner.kind, name: `${layer.name}/${direction}_${inner.name}` },
        config: { ...inner.config, go_backwards: (direction === "backward") !== backwards },
      });
    const given = layer.mask === undefined ? [0] : [0, layer.mask];
    const joiner = new NodeJoiner(given.length);
    const forward = joiner.append(part("forward"), given);
    const shape = part("forward").nodes.at(-1)!.shape;
    let backward = joiner.append(part("backward"), given);
    // The outputs of the way backwards come in its own order, from the last moment to the first.
    if (inner.config["return_sequences"] === true) {
      backward = joiner.add(sequenceReversal(shape), shape, [backward]);
    }
    const both = [{ shape }, { shape }];
    joiner.append(compile({ ...layer, ...merge, inputs: both, mask: undefined }), [
      forward,
      backward,
    ]);
    requireAxes(inputs[0]!.shape, 2);
    return joiner.layer;
  },
  // A stack of cells computes what layers over each other compute.
  RNN: (layer, compile) => {
    const { config, inputs } = layer;
    const cells = cellsOf(config);
    const masks = layer.mask === undefined ? [] : [layer.mask];
    const joiner = new NodeJoiner(1 + masks.length);
    let [value, shape] = [0, inputs[0]!.shape];
    cells.forEach((cell, index) => {
      const { kind, config: own } = innerOf(cell);
      const ofLayer = Object.hasOwn(CELLS, kind) ? CELLS[kind] : undefined;
      if (ofLayer === undefined) throw new LayerRefusal(`its cell is a ${kind}`);
      const isLast = index === cells.length - 1;
      const part = compile({
        ...{ ...layer, kind: ofLayer, inputs: [{ shape }] },
        name: cells.length === 1 ? layer.name : `${layer.name}/RNNCell_${index}`,
        config: { ...config, ...own, return_sequences: !isLast || config["return_sequences"] },
      });
      value = joiner.append(part, [value, ...masks]);
      shape = part.nodes.at(-1)!.shape;
    });
    if (cells.length > 1) requireOneOf(config, "go_backwards", false);
    return joiner.layer;
  },
};

/** The recurrent layers by the names of their cells. */
const CELLS: Readonly<Record<string, string>> = {
  SimpleRNNCell: "SimpleRNN",
  LSTMCell: "LSTM",
  GRUCell: "GRU",
};

/** The cells of a layer that names them: one of them, or a list. */
function cellsOf(config: Fields): readonly unknown[] {
  const cell = asFields(config["cell"]);
  const stacked = config["cells"] ?? asFields(cell["config"])["cells"];
  const cells: readonly unknown[] = Array.isArray(stacked) ? (stacked as unknown[]) : [cell];
  if (cells.length === 0) throw new LayerRefusal("it has no cells");
  return cells;
}

/** The layer within a layer. */
function innerOf(value: unknown): { readonly kind: string; name: string; readonly config: Fields } {
  const { class_name: kind, config } = asFields(value);
  const fields = asFields(config);
  if (typeof kind !== "string") throw new LayerRefusal("it does not say which layer it applies");
  return { kind, name: String(fields["name"]), config: fields };
}

/** The layer that brings both directions together. */
function mergeOf(mode: unknown): Pick<LayerToCompile, "kind" | "config"> {
  switch (mode ?? "none") {
    case "concat":
      return { kind: "Concatenate", config: { axis: -1 } };
    case "sum":
      return { kind: "Add", config: {} };
    case "mul":
      return { kind: "Multiply", config: {} };
    case "ave":
      return { kind: "Average", config: {} };
    default:
      throw new LayerRefusal(`its merge_mode is ${JSON.stringify(mode)}`);
  }
}

/** Applies an operation to every moment. One that treats every row alike stays as it is. */
function eachMoment(moments: number, operation: LayerOperation): LayerOperation {
  switch (operation.kind) {
    case "dense":
    case "activation":
    case "dropout":
    case "scale":
    case "add":
    case "multiply":
      return operation;
    default:
      return { kind: "eachMoment", moments, operation };
  }
}
