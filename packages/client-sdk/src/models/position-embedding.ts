import * as tf from "@tensorflow/tfjs";

/** The settings of a `PositionEmbedding` layer, named as in KerasHub. */
export interface PositionEmbeddingConfig extends NonNullable<
  ConstructorParameters<typeof tf.layers.Layer>[0]
> {
  /** The largest number of moments of a sequence. */
  readonly sequenceLength: number;
}

/**
 * What is learned of each position of a sequence, for tfjs-layers, whose packages contain no such
 * layer. It is the layer that KerasHub calls `PositionEmbedding`, with the same weight: whatever the
 * values of its input [examples, moments, size] are, it gives the first rows of a table
 * [sequenceLength, size] for every example. An `Add` brings both together.
 */
export class PositionEmbedding extends tf.layers.Layer {
  static readonly className: string = "PositionEmbedding";
  readonly #sequenceLength: number;
  #embeddings: ReturnType<tf.layers.Layer["addWeight"]> | undefined;

  constructor(config: PositionEmbeddingConfig) {
    super(config);
    this.#sequenceLength = config.sequenceLength;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = [this.#sequenceLength, Number((inputShape as tf.Shape).at(-1))];
    const start = tf.initializers.glorotUniform({});
    this.#embeddings = this.addWeight("embeddings", shape, "float32", start);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [examples, moments, size] = [inputs].flat()[0]!.shape as [number, number, number];
      const rows = tf.slice(this.#embeddings!.read(), [0, 0], [moments, size]);
      return tf.tile(tf.expandDims(rows, 0), [examples, 1, 1]);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return inputShape as tf.Shape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), sequenceLength: this.#sequenceLength };
  }
}
