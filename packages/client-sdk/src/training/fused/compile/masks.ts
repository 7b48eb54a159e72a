// Which layers know what to do with a mask: a value that says which moments of a sequence count. As
// in tfjs, a layer that does not know is refused, because it would take padding for data.

/** Layers that skip the moments that do not count. They hand the mask on with their sequence. */
const READERS: ReadonlySet<string> = new Set([
  ...["LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional"],
]);

/** Layers that skip the moments that do not count, and give a value without moments. */
const ENDS: ReadonlySet<string> = new Set(["GlobalAveragePooling1D"]);

/** Layers that treat each value or moment on its own, so that the mask holds for what they give. */
const KEEPERS: ReadonlySet<string> = new Set([
  ...["Dropout", "SpatialDropout1D", "Dense", "Activation", "ReLU", "Masking", "TimeDistributed"],
  ...["LeakyReLU", "ELU", "PReLU"],
  ...["BatchNormalization", "LayerNormalization", "Add", "Multiply", "Average"],
]);

/** What a layer does with a mask; undefined when it knows none. */
export function useOfMask(kind: string): "reads" | "ends" | "keeps" | undefined {
  if (READERS.has(kind)) return "reads";
  if (ENDS.has(kind)) return "ends";
  return KEEPERS.has(kind) ? "keeps" : undefined;
}
