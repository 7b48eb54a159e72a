import * as tf from "@tensorflow/tfjs";

/** The settings that every tfjs layer accepts. */
type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

/** A weight of a layer, as tfjs holds it. */
type Weight = ReturnType<tf.layers.Layer["addWeight"]>;

/** The settings of a `MultiHeadAttention` layer, named as in Keras. */
export interface MultiHeadAttentionConfig extends LayerConfig {
  readonly numHeads: number;
  /** The size of each head's queries and keys. */
  readonly keyDim: number;
  /** The size of each head's values; `keyDim` unless set. */
  readonly valueDim?: number | null;
  /** Share of the attention that is dropped in training, in [0, 1); 0 unless set. */
  readonly dropout?: number;
  /** Whether the four projections have biases; true unless set. */
  readonly useBias?: boolean;
  /**
   * Whether a moment attends to itself and to earlier moments only; false unless set. In Keras it is
   * an argument of the call.
   */
  readonly useCausalMask?: boolean;
}

/** A linear map with its bias. */
interface Projection {
  readonly kernel: Weight;
  readonly bias: Weight | undefined;
}

/**
 * Attention with several heads for tfjs-layers, whose packages contain none. It is the layer that
 * Keras calls `MultiHeadAttention`, with the same weights: softmax(Q Kᵀ / √keyDim) V for each head,
 * and a projection of all heads to the size of the query. Its inputs are the query, the value and the
 * key, each float32 of shape [examples, moments, size]. A value that is left out is the query, and a
 * key that is left out is the value.
 * @see arXiv:1706.03762 (Vaswani et al.), section 3.2
 */
export class MultiHeadAttention extends tf.layers.Layer {
  static readonly className: string = "MultiHeadAttention";
  /** Drops values of the attention in training; replaced where dropout has a seed. */
  dropoutFunc: (values: tf.Tensor, rate: number) => tf.Tensor = tf.dropout;
  readonly #config: Required<Omit<MultiHeadAttentionConfig, keyof LayerConfig | "valueDim">> & {
    readonly valueDim: number;
  };
  readonly #projections = new Map<string, Projection>();

  constructor(config: MultiHeadAttentionConfig) {
    super(config);
    const { numHeads, keyDim, dropout = 0, useBias = true, useCausalMask = false } = config;
    const valueDim = config.valueDim ?? keyDim;
    this.#config = { numHeads, keyDim, valueDim, dropout, useBias, useCausalMask };
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const sizes = shapesOf(inputShape).map((shape) => shape.at(-1) ?? 0);
    const [query = 0, value = query, key = value] = sizes;
    const { numHeads, keyDim, valueDim, useBias } = this.#config;
    const add = (name: string, kernel: number[], bias: number[]): void => {
      const weight = (kind: "kernel" | "bias", shape: number[]): Weight => {
        const start =
          kind === "kernel" ? tf.initializers.glorotUniform({}) : tf.initializers.zeros();
        return this.addWeight(`${name}/${kind}`, shape, "float32", start);
      };
      this.#projections.set(name, {
        kernel: weight("kernel", kernel),
        bias: useBias ? weight("bias", bias) : undefined,
      });
    };
    add("query", [query, numHeads, keyDim], [numHeads, keyDim]);
    add("key", [key, numHeads, keyDim], [numHeads, keyDim]);
    add("value", [value, numHeads, valueDim], [numHeads, valueDim]);
    add("attention_output", [numHeads, valueDim, query], [query]);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor {
    return tf.tidy(() => {
      const [query, value = query, key = value] = Array.isArray(inputs) ? inputs : [inputs];
      const { keyDim, dropout, useCausalMask } = this.#config;
      const q = this.#heads("query", query!);
      const k = this.#heads("key", key!);
      const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(keyDim));
      const attention = tf.softmax(useCausalMask ? withoutLater(scores) : scores);
      const kept =
        kwargs.training === true && dropout > 0 ? this.dropoutFunc(attention, dropout) : attention;
      const mixed = tf.transpose(tf.matMul(kept, this.#heads("value", value!)), [0, 2, 1, 3]);
      const joined = tf.reshape(mixed, [mixed.shape[0], mixed.shape[1]!, -1]);
      return this.#project("attention_output", joined);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return shapesOf(inputShape)[0]!;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }

  /** Projects an input for every head: shape [examples, heads, moments, size]. */
  #heads(name: string, input: tf.Tensor): tf.Tensor {
    const { numHeads } = this.#config;
    const all = this.#project(name, input);
    const split = tf.reshape(all, [all.shape[0], all.shape[1]!, numHeads, -1]);
    return tf.transpose(split, [0, 2, 1, 3]);
  }

  /** Multiplies the last axis by a projection, whose axes are taken as rows and columns. */
  #project(name: string, input: tf.Tensor): tf.Tensor {
    const { kernel, bias } = this.#projections.get(name)!;
    const [examples, moments, size] = input.shape as [number, number, number];
    const rows = tf.reshape(input, [examples * moments, size]);
    const product = tf.matMul(rows, tf.reshape(kernel.read(), [size, -1]));
    const sum = bias === undefined ? product : tf.add(product, tf.reshape(bias.read(), [-1]));
    return tf.reshape(sum, [examples, moments, -1]);
  }
}

/** tfjs passes one shape or a list of shapes. */
const shapesOf = (shape: tf.Shape | tf.Shape[]): readonly tf.Shape[] =>
  Array.isArray(shape[0]) ? (shape as tf.Shape[]) : [shape as tf.Shape];

/** Takes the scores of later moments so far down that nothing of them is attended to. */
function withoutLater(scores: tf.Tensor): tf.Tensor {
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const later = tf.sub(1, tf.linalg.bandPart(tf.ones([queries, keys]), -1, 0));
  return tf.sub(scores, tf.mul(later, 1e9));
}
