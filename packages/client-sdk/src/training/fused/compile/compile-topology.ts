// Compiles the topology of a tfjs LayersModel into the nodes of the fused trainer. A layer is
// refused unless every field of its configuration is understood. Another engine takes the model
// then, and no model is trained as something that it is not.
import type { Plan } from "@tributary/protocol";
import { logitsTopology, requireLastAxis } from "../../logits-topology.ts";
import { compileLayer } from "./compile-layer.ts";
import { asFields, isSize, LayerRefusal, requireOneOf } from "./layer-config.ts";
import type { CompiledModel, LayerNode, ParameterBound, ParameterPenalty } from "./layer-node.ts";
import { useOfMask } from "./masks.ts";
import {
  isModel,
  outputOf,
  readTopology,
  refused,
  type LayerUse,
  type ModelGraph,
  type ModelInput,
} from "./read-topology.ts";

/**
 * Compiles a plan's model.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the fused trainer cannot take a layer, which
 *   `context.layer` names.
 */
export function compileTopology(plan: Plan): CompiledModel {
  // The model is compiled without its last activation, which the loss computes.
  const logits = logitsTopology(plan.model.topology);
  const { topology, activation } = logits;
  const output = activation ?? "linear";
  // A cross-entropy gets logits from a model that ends in the activation that belongs to the loss, or
  // that is known to end in a linear output.
  const expected = plan.training.loss === "binaryCrossentropy" ? "sigmoid" : "softmax";
  const givesLogits = activation === expected || activation === "linear";
  const compiler = new TopologyCompiler(plan);
  const graph = readTopology(asFields(topology));
  const [input, ...others] = graph.inputs;
  if (others.length > 0) throw refused("a model with several inputs", others[0]!.layer);
  const inputShape = inputShapeOf(input!);
  const [end, ...more] = compiler.compile(graph, [{ place: -1, shape: inputShape }]);
  if (more.length > 0) throw refused("a model with several outputs");
  const { nodes } = compiler;
  // A parameter that no node uses would never be trained, and nobody would notice.
  const unused = plan.model.parameters.find(({ name }) => !compiler.used.has(name));
  if (unused !== undefined) throw refused(`the parameter ${unused.name}, which no layer has`);
  if (end!.place < 0 || end!.place !== nodes.length - 1) {
    throw refused("a model without layers, or whose output is not its last layer");
  }
  requireLastAxis(logits, end!.shape);
  const { penalties, bounds } = compiler;
  return {
    ...{ inputShape, outputShape: end!.shape, nodes, output, givesLogits },
    ...{ penalties: [...penalties.values()], bounds: [...bounds.values()] },
  };
}

/** A value that layers read: the number of the node that gives it, and its shape. */
interface Value {
  readonly place: number;
  readonly shape: readonly number[];
  /** The number of the node that says which moments count, when not all do. */
  readonly mask?: number | undefined;
}

/** Compiles a model and the models within it into one list of nodes. */
class TopologyCompiler {
  readonly nodes: LayerNode[] = [];
  /** The names of the parameters that the nodes use. */
  readonly used = new Set<string>();
  /** The rules for parameters, by their names: a layer that is used twice has them once. */
  readonly penalties = new Map<string, ParameterPenalty>();
  readonly bounds = new Map<string, ParameterBound>();
  readonly #parameters: ReadonlyMap<string, readonly number[]>;
  readonly #trainable: Plan["training"]["trainable"];

  constructor({ model, training }: Plan) {
    this.#parameters = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
    this.#trainable = training.trainable;
  }

  /** Adds the nodes of a model. @returns Its outputs. */
  compile({ inputs, uses, outputs }: ModelGraph, given: readonly Value[]): readonly Value[] {
    if (inputs.length !== given.length) throw refused(`a model with ${given.length} inputs`);
    const values = new Map(inputs.map(({ key }, index) => [key, given[index]!]));
    const valueOf = (key: string): Value => {
      const value = values.get(key);
      if (value === undefined) throw refused(`the output ${key}`);
      return value;
    };
    for (const use of uses) {
      this.#use(use, use.sources.map(valueOf)).forEach((value, index) =>
        values.set(outputOf(use.key, index), value),
      );
    }
    return outputs.map(valueOf);
  }

  /** Adds the nodes of one use of a layer. @returns Its outputs. */
  #use({ name, kind, config }: LayerUse, inputs: readonly Value[]): readonly Value[] {
    // The layers of a model within the model keep their names, and so do their parameters.
    if (isModel(kind)) return this.compile(readTopology({ class_name: kind, config }), inputs);
    try {
      const given = maskOf(kind, inputs);
      const mask = useOfMask(kind) === "reads" ? given : undefined;
      const made = compileLayer({
        ...{ name, kind, config, parameters: this.#parameters, inputs },
        mask: mask === undefined ? undefined : inputs.length,
        isTrained: this.#trainable === "all" || this.#trainable.includes(name),
      });
      // Only the inputs of the model are checked to be indices.
      if (kind === "Embedding" && inputs[0]!.place !== -1) {
        throw new LayerRefusal("its indices are computed by another layer");
      }
      const places = inputs.map(({ place }) => place);
      if (mask !== undefined) places.push(mask);
      made.nodes.forEach(({ operation, shape, reads }, index) => {
        const before = index === 0 ? inputs.map((_, slot) => slot) : [places.length - 1];
        const sources = (reads ?? before).map((number) => places[number]!);
        places.push(this.nodes.push({ layer: name, operation, inputs: sources, shape }) - 1);
      });
      for (const parameter of made.parameters) this.used.add(parameter);
      for (const rule of made.rules?.penalties ?? []) this.penalties.set(rule.parameter, rule);
      for (const rule of made.rules?.bounds ?? []) this.bounds.set(rule.parameter, rule);
      const shape = made.nodes.at(-1)?.shape ?? inputs[0]!.shape;
      // A recurrent layer that gives its last state only has no moments any more.
      const handedOn = useOfMask(kind) === "reads" && shape.length < 2 ? undefined : given;
      return [
        {
          ...{ place: places[made.nodes.length === 0 ? 0 : places.length - 1]!, shape },
          mask: made.mask === undefined ? handedOn : places[made.mask],
        },
      ];
    } catch (error) {
      if (!(error instanceof LayerRefusal)) throw error;
      throw refused(`the layer ${name} (${kind}): ${error.message}`, name);
    }
  }
}

/** Finds the mask of a layer's inputs. @throws LayerRefusal when the layer cannot have one. */
function maskOf(kind: string, inputs: readonly Value[]): number | undefined {
  const [mask, ...others] = new Set(inputs.map((input) => input.mask));
  if (others.length > 0) throw new LayerRefusal("its inputs have different masks");
  if (mask !== undefined && useOfMask(kind) === undefined) {
    throw new LayerRefusal("it does not know which moments count");
  }
  return mask;
}

/** Reads the shape of one example from the layer that takes the input. */
function inputShapeOf({ layer: name, kind, config }: ModelInput): readonly number[] {
  const shape = config["batch_input_shape"];
  const [batch, ...sizes] = Array.isArray(shape) ? (shape as unknown[]) : [];
  const known = sizes.filter((size) => isSize(size));
  try {
    if (!Array.isArray(shape)) throw new LayerRefusal("it does not say the shape of its input");
    if ((batch ?? null) !== null || known.length < sizes.length || sizes.length === 0) {
      throw new LayerRefusal(`the shape of its input is ${JSON.stringify(shape)}`);
    }
    requireOneOf(config, "dtype", "float32", "int32");
    return known;
  } catch (error) {
    if (!(error instanceof LayerRefusal)) throw error;
    throw refused(`the layer ${name} (${kind}): ${error.message}`, name);
  }
}
