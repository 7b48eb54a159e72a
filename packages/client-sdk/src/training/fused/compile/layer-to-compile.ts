// What the compilation of all kinds of layers has in common.
import {
  asFields,
  LayerRefusal,
  requireAbsent,
  requireOneOf,
  type Fields,
} from "./layer-config.ts";
import type { ActivationName, LayerNode, LayerOperation } from "./layer-node.ts";

/** A layer, with what is known of its surroundings. */
export interface LayerToCompile {
  readonly name: string;
  readonly kind: string;
  readonly config: Fields;
  /** The shapes of the parameters of the plan, by name. */
  readonly parameters: ReadonlyMap<string, readonly number[]>;
  readonly inputs: readonly { readonly shape: readonly number[] }[];
  /** Whether the plan trains the layer. */
  readonly isTrained: boolean;
}

/** What becomes of a layer. */
export interface CompiledLayer {
  /**
   * The nodes in order. Each but the first reads the one before it. A layer that changes nothing
   * has none.
   */
  readonly nodes: readonly Pick<LayerNode, "operation" | "shape">[];
  /** The names of the parameters that the nodes use. */
  readonly parameters: readonly string[];
}

type Node = CompiledLayer["nodes"][number];

/** The shape of an image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** A layer that becomes one node and has no parameters. */
export const one = (operation: LayerOperation, shape: readonly number[]): CompiledLayer => ({
  nodes: [{ operation, shape }],
  parameters: [],
});

/** Reads a shape as that of an image. @throws LayerRefusal when it has not three axes. */
export function imageShape(shape: readonly number[]): ImageShape {
  const [height, width, channels] = shape;
  if (shape.length === 3) return [height!, width!, channels!];
  throw new LayerRefusal(`its input has the shape [${shape.join(", ")}]`);
}

/**
 * Finds a parameter of a layer: `layer/kernel`, or `layer/cell/kernel`, as TensorFlow names the
 * parameters of recurrent layers.
 * @throws LayerRefusal when the plan has no such parameter.
 */
export function parameter(
  { name, kind: layerKind, parameters }: LayerToCompile,
  kind: string,
): { readonly name: string; readonly shape: readonly number[] } {
  const exact = `${name}/${kind}`;
  for (const [full, shape] of parameters) {
    if (full === exact) return { name: full, shape };
    const parts = full.split("/");
    parts.splice(-2, 1);
    const isRecurrent = layerKind === "LSTM" || layerKind === "GRU";
    if (isRecurrent && parts.join("/") === exact) return { name: full, shape };
  }
  throw new LayerRefusal(`there is no parameter ${exact}`);
}

/**
 * Compiles a layer that has a kernel, perhaps a bias, and an activation.
 * @param units - How many values the bias must have.
 * @param shape - The shape of the output.
 * @param make - Makes the operation from the name of the bias, and gives the activation.
 */
export function weighted(
  layer: LayerToCompile,
  kernel: { readonly name: string },
  units: number,
  shape: readonly number[],
  make: (bias: string | undefined) => { operation: LayerOperation; activation: unknown },
): CompiledLayer {
  const { config } = layer;
  requireAbsent(
    config,
    ...["kernel_regularizer", "bias_regularizer", "activity_regularizer"],
    ...["kernel_constraint", "bias_constraint"],
  );
  const bias = requireOneOf(config, "use_bias", true, false) ? parameter(layer, "bias") : undefined;
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== units)) {
    throw new LayerRefusal(`its bias is [${bias.shape.join(", ")}] for ${units} outputs`);
  }
  const { operation, activation: name } = make(bias?.name);
  return {
    nodes: [{ operation, shape }, ...activation(name, shape)],
    parameters: [kernel.name, ...(bias === undefined ? [] : [bias.name])],
  };
}

/** The activations by their names in Keras and tfjs. */
const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  relu: "relu",
  gelu: "gelu",
  gelu_new: "approximateGelu",
  geluNew: "approximateGelu",
  tanh: "tanh",
  sigmoid: "sigmoid",
  softmax: "softmax",
};

/**
 * Compiles an activation. A linear one makes no node.
 * @throws LayerRefusal for one that is unknown.
 */
export function activation(value: unknown, shape: readonly number[]): Node[] {
  const name = value ?? "linear";
  if (name === "linear") return [];
  const known = typeof name === "string" ? ACTIVATIONS[name] : undefined;
  if (known === undefined) {
    throw new LayerRefusal(
      `its activation is ${JSON.stringify(asFields(name)["class_name"] ?? name)}`,
    );
  }
  return [{ operation: { kind: "activation", name: known, slope: 0 }, shape }];
}
