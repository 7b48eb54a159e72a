// Compiles layers that bring several inputs together.
import { shapeSize } from "@tributary/protocol";
import { copiesOf, stridesOf } from "./axis-copies.ts";
import { LayerRefusal } from "./layer-config.ts";
import type { Copy, LayerOperation } from "./layer-node.ts";
import {
  one,
  unchanged,
  type CompiledLayer,
  type LayerToCompile,
  type PartialNode,
} from "./layer-to-compile.ts";

/** Compiles a layer with several inputs. @throws LayerRefusal when no node can express it. */
type MergeCompiler = (layer: LayerToCompile) => CompiledLayer;

/** The layers that bring several inputs together. */
export const MERGE_LAYERS: Readonly<Record<string, MergeCompiler>> = {
  Add: ({ inputs }) => valueByValue(inputs, { kind: "add" }),
  Multiply: ({ inputs }) => valueByValue(inputs, { kind: "multiply" }),
  Average: ({ inputs }) => {
    const { nodes, parameters } = valueByValue(inputs, { kind: "add" });
    const { shape } = nodes.at(-1)!;
    const channels = shape.at(-1) ?? 1;
    const factors = Array.from({ length: channels }, () => 1 / inputs.length);
    const terms = factors.map(() => 0);
    return {
      nodes: [...nodes, { operation: { kind: "scale", factors, terms }, shape }],
      parameters,
    };
  },
  Concatenate: ({ config, inputs }) => {
    const shapes = inputs.map(({ shape }) => shape);
    const first = shapes[0]!;
    // The axis 0 is that of the examples; a negative one counts from the end.
    const given = config["axis"] ?? -1;
    const axis = Number(given) < 0 ? first.length + Number(given) : Number(given) - 1;
    const fits = (shape: readonly number[]): boolean =>
      shape.length === first.length && shape.every((size, i) => i === axis || size === first[i]);
    if (!Number.isInteger(given) || first[axis] === undefined || !shapes.every(fits)) {
      throw new LayerRefusal(
        `it joins ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")} along the axis ${JSON.stringify(given)}`,
      );
    }
    const length = shapes.reduce((sum, shape) => sum + shape[axis]!, 0);
    const joined = first.with(axis, length);
    const to = stridesOf(joined);
    let before = 0;
    const copies = shapes.flatMap((shape, input): Copy[] => {
      const from = stridesOf(shape);
      const axes = shape.map((size, i) => ({ size, from: from[i]!, to: to[i]! }));
      const made = copiesOf(input, axes, { from: 0, to: before * to[axis]! });
      before += shape[axis]!;
      return made;
    });
    return one({ kind: "arrange", copies }, joined);
  },
};

/**
 * Compiles an operation on values at the same place of all inputs. Where an input has the size 1
 * along an axis, or lacks the axis, its values are repeated along it.
 */
function valueByValue(inputs: LayerToCompile["inputs"], operation: LayerOperation): CompiledLayer {
  if (inputs.length < 2) throw new LayerRefusal(`it has ${inputs.length} inputs`);
  const shape = inputs.map((input) => input.shape).reduce(broadcast);
  const nodes: PartialNode[] = [];
  const reads = inputs.map((input, index) => {
    if (shapeSize(input.shape) === shapeSize(shape)) return index;
    const aligned = alignedTo(input.shape, shape.length);
    const from = stridesOf(aligned);
    const to = stridesOf(shape);
    const axes = shape.map((size, axis) => ({
      ...{ size, from: aligned[axis] === 1 ? 0 : from[axis]!, to: to[axis]! },
    }));
    const repeat: LayerOperation = { kind: "arrange", copies: copiesOf(0, axes) };
    return inputs.length + nodes.push({ operation: repeat, shape, reads: [index] }) - 1;
  });
  return { ...unchanged(), nodes: [...nodes, { operation, shape, reads }] };
}

/** A shape with ones before it, so that it has as many axes as another one. */
const alignedTo = (shape: readonly number[], axes: number): readonly number[] => [
  ...Array.from({ length: axes - shape.length }, () => 1),
  ...shape,
];

/** The shape of what two arrays give together. */
function broadcast(a: readonly number[], b: readonly number[]): readonly number[] {
  const axes = Math.max(a.length, b.length);
  const [one, other] = [alignedTo(a, axes), alignedTo(b, axes)];
  return one.map((size, axis) => {
    const another = other[axis]!;
    if (size === another || another === 1) return size;
    if (size === 1) return another;
    throw new LayerRefusal("its inputs have different shapes");
  });
}
