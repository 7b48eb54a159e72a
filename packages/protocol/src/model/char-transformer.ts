// The builtin model `char-transformer`: a small language model. At each position of a window of
// tokens it predicts the token that comes next.
import type { RandomSource } from "../random/random-source.ts";
import { dense, type Layer } from "./builtin-layers.ts";
import { freshModel, type BuiltinModel } from "./fresh-model.ts";
import {
  attention,
  embedding,
  normalization,
  positions,
  sum,
  tokenInput,
} from "./transformer-layers.ts";

/** The sizes of the builtin model `char-transformer`. */
export interface TransformerSizes {
  /** The number of different tokens; tokens are the numbers from 0 to it, without it. */
  readonly vocabulary: number;
  /** The number of tokens of one example. */
  readonly window: number;
  /** The number of values that stand for one token between layers. */
  readonly width: number;
  /** The number of blocks, each of attention and of two dense layers. */
  readonly blocks: number;
  /** The number of heads of each attention; it divides `width`. */
  readonly heads: number;
}

/** How many times as wide as the model the dense layer within a block is. */
const WIDENING = 4;

/**
 * Makes the builtin model `char-transformer` with fresh weights: embeddings of tokens and of
 * positions, blocks with normalisation before each half, a last normalisation, and a softmax over
 * all tokens at each position. A position attends to itself and to earlier ones only.
 * @param random - As of `freshModel`.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the model has too many parameters.
 * @see A. Radford et al., "Language Models are Unsupervised Multitask Learners" (GPT-2), section 2.3
 */
export function transformerModel(sizes: TransformerSizes, random: RandomSource): BuiltinModel {
  const { vocabulary, window, width, blocks, heads } = sizes;
  const graph = new LayerGraph();
  const tokens = graph.add(tokenInput("tokens", window));
  const embedded = graph.add(embedding("embedding", vocabulary, width), tokens);
  const placed = graph.add(positions("positions", window, width), embedded);
  let value = graph.add(sum("start"), embedded, placed);
  for (let block = 1; block <= blocks; block++) {
    const named = (part: string): string => `block_${block}_${part}`;
    const first = graph.add(normalization(named("norm_1"), width), value);
    const attended = graph.add(attention(named("attention"), width, heads), first);
    value = graph.add(sum(named("sum_1")), value, attended);
    const second = graph.add(normalization(named("norm_2"), width), value);
    const wide = graph.add(dense(named("wide"), [width, WIDENING * width], "gelu"), second);
    const narrow = graph.add(dense(named("narrow"), [WIDENING * width, width], "linear"), wide);
    value = graph.add(sum(named("sum_2")), value, narrow);
  }
  const normal = graph.add(normalization("norm", width), value);
  const output = graph.add(dense("output", [width, vocabulary], "softmax"), normal);
  return freshModel(graph.describe("char_transformer", tokens, output), random);
}

/** Layers that read each other, in the form in which tfjs writes a functional model. */
class LayerGraph {
  readonly #layers: { readonly layer: Layer; readonly name: string; readonly reads: string[] }[] =
    [];

  /** Adds a layer that reads the outputs of others. @returns Its name. */
  add(layer: Layer, ...reads: string[]): string {
    const { name } = layer.topology.config;
    this.#layers.push({ layer, name, reads });
    return name;
  }

  describe(name: string, input: string, output: string): BuiltinModel["description"] {
    const layers = this.#layers.map(({ layer: { topology }, name: layer, reads }) => ({
      name: layer,
      ...topology,
      inbound_nodes: reads.length === 0 ? [] : [reads.map((read) => [read, 0, 0, {}])],
    }));
    const ends = { input_layers: [[input, 0, 0]], output_layers: [[output, 0, 0]] };
    return {
      topology: { class_name: "Functional", config: { name, layers, ...ends } },
      parameters: this.#layers.flatMap(({ layer }) => layer.parameters),
    };
  }
}
