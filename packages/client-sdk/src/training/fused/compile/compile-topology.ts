// Compiles the topology of a tfjs LayersModel into the nodes of the fused trainer. A layer is
// refused unless every field of its configuration is understood. Another engine takes the model
// then, and no model is trained as something that it is not.
import { shapeSize } from "@tributary/protocol";
import type { Plan } from "@tributary/protocol";
import { logitsTopology, requireLastAxis } from "../../logits-topology.ts";
import { copiesOf } from "./axis-copies.ts";
import { compileLayer } from "./compile-layer.ts";
import { asFields, isSize, LayerRefusal, requireOneOf } from "./layer-config.ts";
import type {
  CompiledModel,
  IndexRange,
  LayerNode,
  ParameterBound,
  ParameterPenalty,
} from "./layer-node.ts";
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
  const shapes = graph.inputs.map(inputShapeOf);
  const [end, ...more] = compiler.compile(graph, compiler.addInputs(graph.inputs, shapes));
  if (more.length > 0) throw refused("a model with several outputs");
  // The values of several inputs lie one after the other.
  const inputShape =
    shapes.length === 1 ? shapes[0]! : [shapes.reduce((sum, shape) => sum + shapeSize(shape), 0)];
  const { nodes } = compiler;
  // A parameter that no node uses would never be trained, and nobody would notice.
  const unused = plan.model.parameters.find(({ name }) => !compiler.used.has(name));
  if (unused !== undefined) throw refused(`the parameter ${unused.name}, which no layer has`);
  if (end!.place < 0 || end!.place !== nodes.length - 1) {
    throw refused("a model without layers, or whose output is not its last layer");
  }
  requireLastAxis(logits, end!.shape);
  const { indices, penalties, bounds } = compiler;
  return {
    ...{ inputShape, outputShape: end!.shape, nodes, output, givesLogits, indices },
    ...{ penalties: [...penalties.values()], bounds: [...bounds.values()] },
  };
}

/** A value that layers read: the number of the node that gives it, and its shape. */
interface Value {
  readonly place: number;
  readonly shape: readonly number[];
  /** The number of the node that says which moments count, when not all do. */
  readonly mask?: number | undefined;
  /** Of an input of the model: how many values of the other inputs come before it. */
  readonly offset?: number | undefined;
}

/** Compiles a model and the models within it into one list of nodes. */
class TopologyCompiler {
  readonly nodes: LayerNode[] = [];
  /** The names of the parameters that the nodes use. */
  readonly used = new Set<string>();
  /** Which values of an example are indices. */
  readonly indices: IndexRange[] = [];
  /** The rules for parameters, by their names: a layer that is used twice has them once. */
  readonly penalties = new Map<string, ParameterPenalty>();
  readonly bounds = new Map<string, ParameterBound>();
  readonly #parameters: ReadonlyMap<string, readonly number[]>;
  readonly #trainable: Plan["training"]["trainable"];

  constructor({ model, training }: Plan) {
    this.#parameters = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
    this.#trainable = training.trainable;
  }

  /** Adds what cuts several inputs out of the values of an example. @returns The inputs. */
  addInputs(inputs: readonly ModelInput[], shapes: readonly (readonly number[])[]): Value[] {
    if (inputs.length === 1) return [{ place: -1, shape: shapes[0]!, offset: 0 }];
    let offset = 0;
    return inputs.map(({ layer }, index) => {
      const shape = shapes[index]!;
      const axes = [{ size: shapeSize(shape), from: 1, to: 1 }];
      const copies = copiesOf(0, axes, { from: offset, to: 0 });
      const operation = { kind: "arrange", copies } as const;
      const place = this.nodes.push({ layer, operation, inputs: [-1], shape }) - 1;
      const value = { place, shape, offset };
      offset += shapeSize(shape);
      return value;
    });
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
      const use = useOfMask(kind);
      const mask = use === "keeps" ? undefined : given;
      const made = compileLayer({
        ...{ name, kind, config, parameters: this.#parameters, inputs },
        mask: mask === undefined ? undefined : inputs.length,
        isTrained: this.#trainable === "all" || this.#trainable.includes(name),
      });
      for (const { operation } of made.nodes) {
        if (operation.kind === "embedding") this.#noteIndices(inputs[0]!, operation.entries);
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
      const isEnd = use === "ends" || (use === "reads" && shape.length < 2);
      const handedOn = isEnd ? undefined : given;
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

  /** Notes that an input of the model holds indices, which are checked before they are used. */
  #noteIndices({ shape, offset }: Value, entries: number): void {
    if (offset === undefined) throw new LayerRefusal("its indices are computed by another layer");
    this.indices.push({ offset, size: shapeSize(shape), entries });
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
