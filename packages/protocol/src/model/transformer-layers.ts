// The layers that the builtin `char-transformer` has besides dense ones, in the words that tfjs and
// Keras would write. Their sequences have the shape [positions, width].
import { biasOf, kernelOf, type Layer } from "./builtin-layers.ts";

/** Takes a window of tokens, which are whole numbers. */
export function tokenInput(name: string, window: number): Layer {
  return {
    topology: {
      class_name: "InputLayer",
      config: { batch_input_shape: [null, window], dtype: "float32", sparse: false, name },
    },
    parameters: [],
  };
}

/** Looks up a row of a trained table for each token. */
export function embedding(name: string, vocabulary: number, width: number): Layer {
  return {
    topology: {
      class_name: "Embedding",
      config: { input_dim: vocabulary, output_dim: width, mask_zero: false, name, trainable: true },
    },
    parameters: [{ name: `${name}/embeddings`, shape: [vocabulary, width] }],
  };
}

/** Gives what is learned of each position, whatever its input is. */
export function positions(name: string, window: number, width: number): Layer {
  return {
    topology: {
      class_name: "PositionEmbedding",
      config: { sequence_length: window, name, trainable: true },
    },
    parameters: [{ name: `${name}/embeddings`, shape: [window, width] }],
  };
}

/** Normalises the values of each position. */
export function normalization(name: string, width: number): Layer {
  return {
    topology: {
      class_name: "LayerNormalization",
      config: { axis: [-1], epsilon: 1e-5, center: true, scale: true, name, trainable: true },
    },
    parameters: ["gamma", "beta"].map((part) => ({ name: `${name}/${part}`, shape: [width] })),
  };
}

/** Attention of each position to itself and to earlier ones, with the given number of heads. */
export function attention(name: string, width: number, heads: number): Layer {
  const size = width / heads;
  const projections = ["query", "key", "value"].flatMap((part) => [
    kernelOf(`${name}/${part}`, [width, heads, size]),
    biasOf(`${name}/${part}`, [heads, size]),
  ]);
  return {
    topology: {
      class_name: "MultiHeadAttention",
      config: {
        ...{ num_heads: heads, key_dim: size, value_dim: size, dropout: 0, use_bias: true },
        ...{ use_causal_mask: true, name, trainable: true },
      },
    },
    parameters: [
      ...projections,
      kernelOf(`${name}/attention_output`, [heads, size, width]),
      biasOf(`${name}/attention_output`, [width]),
    ],
  };
}

/** Adds the outputs of layers to each other. */
export function sum(name: string): Layer {
  return { topology: { class_name: "Add", config: { name, trainable: true } }, parameters: [] };
}
