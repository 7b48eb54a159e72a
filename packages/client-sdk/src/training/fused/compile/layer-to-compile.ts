// What the compilation of all kinds of layers has in common.
import { LayerRefusal, type Fields } from "./layer-config.ts";
import type { LayerNode, LayerOperation, ParameterBound, ParameterPenalty } from "./layer-node.ts";

/** A layer, with what is known of its surroundings. */
export interface LayerToCompile {
  readonly name: string;
  readonly kind: string;
  readonly config: Fields;
  /** The shapes of the parameters of the plan, by name. */
  readonly parameters: ReadonlyMap<string, readonly number[]>;
  readonly inputs: readonly { readonly shape: readonly number[] }[];
  /**
   * The number of the value that says which moments of the first input count, for a layer that reads
   * it: the one after the inputs.
   */
  readonly mask?: number | undefined;
  /** Whether the plan trains the layer. */
  readonly isTrained: boolean;
}

/** What the regularizers and constraints of a layer say about its parameters. */
export interface ParameterRules {
  readonly penalties: readonly ParameterPenalty[];
  readonly bounds: readonly ParameterBound[];
}

/** What becomes of a layer. */
export interface CompiledLayer {
  /** The nodes in order; the last one gives the output. A layer that changes nothing has none. */
  readonly nodes: readonly PartialNode[];
  /** The names of the parameters that the nodes use. */
  readonly parameters: readonly string[];
  /** The number of the value that says which moments of the output count, if a node makes one. */
  readonly mask?: number;
  /** What its regularizers and constraints say; nothing when absent. */
  readonly rules?: ParameterRules;
}

/** A node of a layer. */
export interface PartialNode extends Pick<LayerNode, "operation" | "shape"> {
  /**
   * The values that it reads: the inputs of the layer have the numbers from 0 on, its mask if any the
   * next one, and its nodes those that follow. When absent, a node reads the one before it, and the first node all inputs.
   */
  readonly reads?: readonly number[];
}

/** Compiles a layer with one input. @throws LayerRefusal when no node can express it. */
export type LayerCompiler = (layer: LayerToCompile, shape: readonly number[]) => CompiledLayer;

/** The shape of an image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** A layer that becomes one node and has no parameters. */
export const one = (operation: LayerOperation, shape: readonly number[]): CompiledLayer => ({
  nodes: [{ operation, shape }],
  parameters: [],
});

/** A layer that changes nothing makes no node. */
export const unchanged = (): CompiledLayer => ({ nodes: [], parameters: [] });

/** Checks that a shape has so many axes. @throws LayerRefusal when it has not. */
export function requireAxes(shape: readonly number[], axes: number): readonly number[] {
  if (shape.length === axes) return shape;
  throw new LayerRefusal(`its input has the shape [${shape.join(", ")}]`);
}

/** Reads a shape as that of an image. @throws LayerRefusal when it has not three axes. */
export function imageShape(shape: readonly number[]): ImageShape {
  const [height, width, channels] = requireAxes(shape, 3) as ImageShape;
  return [height, width, channels];
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
    if (WITH_CELLS.has(layerKind) && parts.join("/") === exact) return { name: full, shape };
  }
  throw new LayerRefusal(`there is no parameter ${exact}`);
}

/** The layers whose parameters may have the name of a cell in theirs. */
const WITH_CELLS: ReadonlySet<string> = new Set(["LSTM", "GRU", "SimpleRNN"]);
