// Compiles layers over sequences. A moment is one element of a sequence.
import { copiesOf, sequenceReversal } from "./axis-copies.ts";
import {
  finitesOf,
  LayerRefusal,
  rateOf,
  requireAbsent,
  requireOneOf,
  requireSizeOf,
  type Fields,
} from "./layer-config.ts";
import {
  one,
  parameter,
  requireAxes,
  unchanged,
  type CompiledLayer,
  type LayerCompiler,
  type LayerToCompile,
} from "./layer-to-compile.ts";
import { GATES_PER_UNIT, type CellActivation, type RecurrentCellName } from "./layer-node.ts";
import { NodeJoiner } from "./node-joiner.ts";
import { weighted } from "./weighted-layer.ts";

/** Compiles an LSTM, a GRU or a SimpleRNN. */
function recurrent(
  cell: RecurrentCellName,
  layer: LayerToCompile,
  shape: readonly number[],
): CompiledLayer {
  const { config } = layer;
  const gates = GATES_PER_UNIT[cell];
  const activation = activationOf(config, "activation", "tanh");
  const gateActivation = activationOf(config, "recurrent_activation", "hardSigmoid");
  // A layer that keeps or returns its state would need more than the layers here compute.
  for (const flag of ["return_state", "stateful"]) requireOneOf(config, flag, false);
  const [dropout, stateDropout] = [rateOf(config, "dropout"), rateOf(config, "recurrent_dropout")];
  requireAbsent(config, "mask_value");
  const sequences = requireOneOf(config, "return_sequences", false, true);
  const kernel = parameter(layer, "kernel");
  const recurrentKernel = parameter(layer, "recurrent_kernel");
  // The recurrent kernel is [units, gates · units], the kernel [width, gates · units].
  const units = recurrentKernel.shape[0]!;
  const [moments, width] = shape;
  const expected = [width, gates * units, units, gates * units];
  const found = [...kernel.shape, ...recurrentKernel.shape];
  if (shape.length !== 2 || found.join() !== expected.join()) {
    throw new LayerRefusal(`its kernels are [${found.join(", ")}] for [${shape.join(", ")}]`);
  }
  requireSizeOf(config, "units", units);
  // The gates apply their activations themselves, so no node for an activation follows.
  const made = weighted(
    layer,
    kernel,
    cell === "resetAfterGru" ? [2, gates * units] : [gates * units],
    sequences ? [moments!, units] : [units],
    (bias) => ({
      operation: {
        ...{ kind: "recurrent", cell, kernel: kernel.name, bias, sequences },
        recurrentKernel: recurrentKernel.name,
        ...{ activation, gateActivation, stateDropout },
      },
      activation: "linear",
    }),
  );
  const joiner = new NodeJoiner(layer.mask === undefined ? 1 : 2);
  let [value, mask] = [0, layer.mask];
  // A layer that runs backwards reads its sequence from the end, and gives its outputs as they come.
  if (requireOneOf(config, "go_backwards", false, true)) {
    value = joiner.add(sequenceReversal(shape), shape, [value]);
    if (mask !== undefined) {
      mask = joiner.add(sequenceReversal([moments!, 1]), [moments!], [mask]);
    }
  }
  if (dropout > 0) value = joiner.add({ kind: "momentDropout", rate: dropout }, shape, [value]);
  joiner.append(made, mask === undefined ? [value] : [value, mask]);
  const { nodes } = joiner.layer;
  return { nodes, parameters: [...made.parameters, recurrentKernel.name] };
}

/**
 * Reads an activation of a cell. A missing field means the default of tfjs. Null does so in tfjs and
 * means linear in Keras, so it is refused.
 */
function activationOf(config: Fields, field: string, standard: CellActivation): CellActivation {
  if (config[field] === null) throw new LayerRefusal(`its ${field} is null`);
  const names = ["tanh", "sigmoid", "hard_sigmoid", "hardSigmoid", "relu", "linear"] as const;
  const name = requireOneOf(config, field, standard, ...names);
  return name === "hard_sigmoid" ? "hardSigmoid" : name;
}

/** Compiles an Embedding. */
function embedding(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  const table = parameter(layer, "embeddings");
  const [entries, width] = table.shape;
  if (table.shape.length !== 2) {
    throw new LayerRefusal(`its embeddings are [${table.shape.join(", ")}]`);
  }
  requireSizeOf(config, "input_dim", entries);
  requireSizeOf(config, "output_dim", width);
  const joiner = new NodeJoiner(1);
  // The index 0 stands for a moment that does not count.
  const mask = requireOneOf(config, "mask_zero", false, true)
    ? joiner.add({ kind: "mask", value: 0 }, requireAxes(shape, 1), [0])
    : undefined;
  const operation = { kind: "embedding", table: table.name, entries: entries! } as const;
  joiner.add(operation, [...shape, width!], [0]);
  const { nodes } = joiner.layer;
  return { nodes, parameters: [table.name], ...(mask === undefined ? {} : { mask }) };
}

/** Compiles a Masking: moments whose values are all the same number do not count, and become 0. */
function masking({ config }: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const [moments, width] = requireAxes(shape, 2);
  const joiner = new NodeJoiner(1);
  const [value = 0] = finitesOf(config, "mask_value", 0, 1);
  const mask = joiner.add({ kind: "mask", value }, [moments!], [0]);
  const axes = [
    { size: moments!, from: 1, to: width! },
    { size: width!, from: 0, to: 1 },
  ];
  const repeated = joiner.add({ kind: "arrange", copies: copiesOf(0, axes) }, shape, [mask]);
  joiner.add({ kind: "multiply" }, shape, [0, repeated]);
  return { nodes: joiner.layer.nodes, parameters: [], mask };
}

/** The layers over sequences. */
export const SEQUENCE_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  LSTM: (layer, shape) => recurrent("lstm", layer, shape),
  // Keras has two forms of GRU. Its own default is the second one, and that of tfjs the first.
  GRU: (layer, shape) =>
    requireOneOf(layer.config, "reset_after", false, true)
      ? recurrent("resetAfterGru", layer, shape)
      : recurrent("gru", layer, shape),
  SimpleRNN: (layer, shape) => recurrent("simple", layer, shape),
  Embedding: embedding,
  Masking: masking,
  SpatialDropout1D: ({ config }, shape) => {
    const rate = rateOf(config, "rate");
    return rate === 0 ? unchanged() : one({ kind: "momentDropout", rate }, requireAxes(shape, 2));
  },
};
