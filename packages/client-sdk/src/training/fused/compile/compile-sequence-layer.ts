// Compiles layers over sequences. A moment is one element of a sequence.
import { sequenceReversal } from "./axis-copies.ts";
import { LayerRefusal, requireAbsent, requireOneOf, requireSizeOf } from "./layer-config.ts";
import {
  parameter,
  type CompiledLayer,
  type LayerCompiler,
  type LayerToCompile,
} from "./layer-to-compile.ts";
import { weighted } from "./weighted-layer.ts";

/**
 * Compiles an LSTM, a GRU or a SimpleRNN.
 * @param gates - How many gates a unit has.
 */
function recurrent(
  cell: "lstm" | "gru" | "simple",
  gates: number,
  layer: LayerToCompile,
  shape: readonly number[],
): CompiledLayer {
  const { config } = layer;
  for (const field of ["activation", "recurrent_activation"]) {
    // A missing field means the default of tfjs, but null means linear.
    if (config[field] === null) throw new LayerRefusal(`its ${field} is null`);
  }
  const activation =
    cell === "simple"
      ? requireOneOf(config, "activation", "tanh", "relu")
      : requireOneOf(config, "activation", "tanh");
  // A simple cell has no gates.
  const gate = cell !== "simple" && requireOneOf(config, "recurrent_activation", ...GATES);
  // A layer that keeps or returns its state would need more than the layers here compute.
  for (const flag of ["return_state", "stateful"]) requireOneOf(config, flag, false);
  for (const rate of ["dropout", "recurrent_dropout"]) requireOneOf(config, rate, 0);
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
    gates * units,
    sequences ? [moments!, units] : [units],
    (bias) => ({
      operation: {
        ...{ kind: "recurrent", cell, kernel: kernel.name, bias, sequences },
        recurrentKernel: recurrentKernel.name,
        hardGates: gate !== false && gate !== "sigmoid",
        rectified: activation === "relu",
      },
      activation: "linear",
    }),
  );
  // A layer that runs backwards reads its sequence from the end, and gives its outputs as they come.
  const turned = requireOneOf(config, "go_backwards", false, true)
    ? [{ operation: sequenceReversal(shape), shape }]
    : [];
  return {
    nodes: [...turned, ...made.nodes],
    parameters: [...made.parameters, recurrentKernel.name],
  };
}

/** The names of the activation of gates in Keras and tfjs. The default of tfjs comes first. */
const GATES = ["hard_sigmoid", "hardSigmoid", "sigmoid"] as const;

/** Compiles an Embedding. */
function embedding(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  // A mask would have to reach the layers that follow, which know none.
  requireOneOf(config, "mask_zero", false);
  const table = parameter(layer, "embeddings");
  const [entries, width] = table.shape;
  if (table.shape.length !== 2) {
    throw new LayerRefusal(`its embeddings are [${table.shape.join(", ")}]`);
  }
  requireSizeOf(config, "input_dim", entries);
  requireSizeOf(config, "output_dim", width);
  return {
    nodes: [
      {
        operation: { kind: "embedding", table: table.name, entries: entries! },
        shape: [...shape, width!],
      },
    ],
    parameters: [table.name],
  };
}

/** The layers over sequences. */
export const SEQUENCE_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  LSTM: (layer, shape) => recurrent("lstm", 4, layer, shape),
  // Keras has two forms of GRU. Only the one whose reset acts before the multiplication has the
  // parameters that the layer here expects.
  GRU: (layer, shape) => {
    requireOneOf(layer.config, "reset_after", false);
    return recurrent("gru", 3, layer, shape);
  },
  SimpleRNN: (layer, shape) => recurrent("simple", 1, layer, shape),
  Embedding: embedding,
};
