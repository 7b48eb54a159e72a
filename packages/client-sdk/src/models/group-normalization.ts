/**
 * Group normalisation for tfjs-layers, which lacks it. This is the layer that Keras calls
 * `GroupNormalization`, with the same configuration and the same weights, so that models which were
 * converted from Keras can be loaded once the layer is registered. The SDK registers it by itself
 * before it builds a model.
 *
 * @example
 * registerGroupNormalization();
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 8, kernelSize: 3 }),
 *     new GroupNormalization({ groups: 4 }),
 *     tf.layers.flatten(),
 *     tf.layers.dense({ units: 10 }),
 *   ],
 * });
 */
import * as tf from "@tensorflow/tfjs";

/**
 * The settings that every tfjs layer accepts: its name, the input shape of a model's first layer,
 * and more.
 */
type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

/** The settings of a `GroupNormalization` layer, named as in Keras. */
export interface GroupNormalizationConfig extends LayerConfig {
  /**
   * The number of groups, 32 unless set. Neighbouring channels form a group. It must divide the
   * number of channels; −1 means one group for each channel.
   */
  readonly groups?: number;
  /** The axis of the channels. Only the last axis is supported: −1, which is the default. */
  readonly axis?: number;
  /**
   * A small number that is added to the variance, > 0; 1e-3 unless set. It avoids a division by
   * zero.
   */
  readonly epsilon?: number;
  /** Whether the layer adds a trained offset, beta, of shape [channels]; true unless set. */
  readonly center?: boolean;
  /**
   * Whether the layer multiplies by a trained factor, gamma, of shape [channels]; true unless set.
   */
  readonly scale?: boolean;
}

/** A weight of a layer, as tfjs holds it. */
type Weight = ReturnType<tf.layers.Layer["addWeight"]>;

/**
 * The layer computes y = (x − mean) / √(variance + ε) · gamma + beta. Mean and variance are taken
 * over one group of channels and all pixels of one example, so that an example's result does not
 * depend on the other examples of its batch. The input is float32 of shape [examples, …, channels].
 * @see arXiv:1803.08494 (Wu and He, Group Normalization)
 */
export class GroupNormalization extends tf.layers.Layer {
  static readonly className: string = "GroupNormalization";
  readonly #config: Required<Omit<GroupNormalizationConfig, keyof LayerConfig>>;
  #gamma: Weight | undefined;
  #beta: Weight | undefined;

  constructor(config: GroupNormalizationConfig = {}) {
    super(config);
    const { groups = 32, axis = -1, epsilon = 1e-3, center = true, scale = true } = config;
    this.#config = { groups, axis, epsilon, center, scale };
  }

  /**
   * Adds the layer's weights. tfjs calls it when the input's shape is known.
   * @throws Error when `axis` is not the last one, or when the number of groups does not divide the
   *   number of channels.
   */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = oneShape(inputShape);
    const channels = shape.at(-1);
    const { axis, center, scale } = this.#config;
    if (axis !== -1 && axis !== shape.length - 1) {
      throw new Error(
        `The layer ${this.name} has axis ${axis}, and only the last axis is supported`,
      );
    }
    if (channels === null || channels === undefined || channels % this.#groupsOf(channels) !== 0) {
      throw new Error(
        `The groups of the layer ${this.name} do not divide its ${channels} channels`,
      );
    }
    const add = (name: string, initializer: "ones" | "zeros"): Weight =>
      this.addWeight(name, [channels], "float32", tf.initializers[initializer]());
    if (scale) this.#gamma = add("gamma", "ones");
    if (center) this.#beta = add("beta", "zeros");
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const channels = x.shape.at(-1)!;
      const groups = this.#groupsOf(channels);
      // One axis for all pixels, one for the groups, one for the channels of a group.
      const grouped = x.reshape([x.shape[0], -1, groups, channels / groups]);
      const { mean, variance } = tf.moments(grouped, [1, 3], true);
      const normal = grouped.sub(mean).div(variance.add(this.#config.epsilon).sqrt());
      const scaled =
        this.#gamma === undefined
          ? normal.reshape(x.shape)
          : normal.reshape(x.shape).mul(this.#gamma.read());
      return this.#beta === undefined ? scaled : scaled.add(this.#beta.read());
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return oneShape(inputShape);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }

  /** The number of groups, with −1 resolved to one group for each channel. */
  #groupsOf(channels: number): number {
    const { groups } = this.#config;
    return groups === -1 ? channels : groups;
  }
}

/**
 * Registers the layer with tfjs, so that tfjs can build models that contain it. It does nothing
 * when a layer of that name is registered already, whether by this function or by the app.
 */
export function registerGroupNormalization(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  if (GroupNormalization.className in classNameMap) return;
  tf.serialization.registerClass(GroupNormalization);
}

/** tfjs passes one shape or a list of shapes; this layer has one input. */
const oneShape = (shape: tf.Shape | tf.Shape[]): tf.Shape =>
  Array.isArray(shape[0]) ? shape[0] : (shape as tf.Shape);
