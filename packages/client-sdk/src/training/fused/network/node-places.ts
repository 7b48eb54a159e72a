import { shapeSize } from "@tributary/protocol";
import type { Address } from "@tributary/protocol";
import {
  parametersOf,
  type Activation,
  type CompiledModel,
  type LayerOperation,
} from "../compile/layer-node.ts";
import { CURVES } from "../kernels/activation-kernels.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { FusedLayer, NodeValues } from "../layers/layer.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/** An input of a node. */
interface NodeInput {
  readonly source: NodeValues;
  /**
   * Where several nodes read the same values, each but the last has a place of its own for its part
   * of the gradient. 0 where the part goes straight into the gradient of the source.
   */
  readonly branch: Address;
}

/**
 * Where the values of all nodes lie. Nodes are numbered as in the model's list, and −1 is its
 * input.
 */
export interface NodePlaces {
  readonly of: (place: number) => NodeValues;
  readonly inputsOf: (place: number) => readonly NodeInput[];
}

/**
 * Gives every node its memory. A node has a gradient when it, or a node before it, has something to
 * train. Some nodes write their output over their input, where nobody needs the input any more.
 */
export function layOutNodes(
  model: CompiledModel,
  parameters: ParameterPlaces,
  capacity: number,
  allocate: (size: number) => Address,
): NodePlaces {
  const inputSize = shapeSize(model.inputShape);
  const input: NodeValues = {
    values: allocate(capacity * inputSize),
    gradient: 0,
    size: inputSize,
    shape: model.inputShape,
  };
  const nodes: NodeValues[] = [];
  /** Nodes that read their own output in the backward pass, so that nobody may write over it. */
  const held = new Set<number>([-1]);
  const of = (place: number): NodeValues => (place < 0 ? input : nodes[place]!);
  const last = model.nodes.length - 1;
  model.nodes.forEach(({ operation, inputs, shape }, index) => {
    const source = inputs[0]!;
    if (operation.kind === "activation") held.add(index);
    if (usesOf(model, source) === 1 && maySharePlace(operation, source, held)) {
      if (operation.kind === "reshape" && held.has(source)) held.add(index);
      nodes.push({ ...of(source), shape });
      return;
    }
    const size = shapeSize(shape);
    const isNeeded =
      index === last ||
      parametersOf(operation).some((name) => parameters.of(name).gradient !== 0) ||
      inputs.some((place) => of(place).gradient !== 0);
    nodes.push({
      values: allocate(capacity * size),
      gradient: isNeeded ? allocate(capacity * size) : 0,
      size,
      shape,
    });
  });
  const inputs = model.nodes.map((node, index) =>
    node.inputs.map((place, slot) => {
      const source = of(place);
      const isReadLater =
        node.inputs.indexOf(place, slot + 1) >= 0 ||
        model.nodes.slice(index + 1).some((later) => later.inputs.includes(place));
      const branch = source.gradient !== 0 && isReadLater ? allocate(capacity * source.size) : 0;
      return { source, branch };
    }),
  );
  return { of, inputsOf: (place) => inputs[place]! };
}

/**
 * Builds a layer whose inputs others may read too. In the backward pass the readers of a value come
 * from the last to the first. The last one writes its part of the gradient, and the others add
 * theirs.
 */
export function withBranches(
  kernels: TrainingKernels,
  inputs: readonly NodeInput[],
  build: (inputs: readonly [NodeValues, ...NodeValues[]]) => FusedLayer,
): FusedLayer {
  const [first, ...rest] = inputs.map(({ source, branch }) =>
    branch === 0 ? source : { ...source, gradient: branch },
  );
  const layer = build([first!, ...rest]);
  const branches = inputs.filter(({ branch }) => branch !== 0);
  if (branches.length === 0) return layer;
  return {
    ...layer,
    backward(count, rate) {
      layer.backward(count, rate);
      for (const { source, branch } of branches) {
        kernels.add(branch, source.gradient, count * source.size);
      }
    },
  };
}

/** Whether a node may write its output over its input, when nobody else reads the input. */
function maySharePlace(
  operation: LayerOperation,
  source: number,
  held: ReadonlySet<number>,
): boolean {
  if (operation.kind === "reshape") return true;
  if (operation.kind === "activation") return !FROM_INPUT.has(operation.name) && !held.has(source);
  return operation.kind === "dropout" && !held.has(source);
}

/** Activations whose backward pass reads their input. */
const FROM_INPUT: ReadonlySet<Activation["name"]> = new Set(["gelu", "approximateGelu", ...CURVES]);

const usesOf = ({ nodes }: CompiledModel, place: number): number =>
  nodes.reduce((sum, { inputs }) => sum + inputs.filter((input) => input === place).length, 0);
