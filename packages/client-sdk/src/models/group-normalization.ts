/**
 * Group normalisation for tfjs-layers, which has none: the layer that Keras calls `GroupNormalization`, with the same configuration and
 * the same weights. Models that were converted from Keras can be loaded once it is registered; the SDK does so by itself.
 *
 * @example
 * registerGroupNormalization();
 * const model = tf.sequential({ layers: [tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 8, kernelSize: 3 }),
 *   new GroupNormalization({ groups: 4 }), tf.layers.flatten(), tf.layers.dense({ units: 10 })] });
 */
import * as tf from "@tensorflow/tfjs";

/** What every layer of tfjs takes: name, shape of the input where it is the first one, and more. */
type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface GroupNormalizationConfig extends LayerConfig {
  /** Groups that the channels are in, each of neighbours: divides their number. 32 unless set; −1 for a group each. */
  readonly groups?: number;
  /** The axis of the channels: the last one, −1. */
  readonly axis?: number;
  /** Added to the variance, > 0; 1e-3 unless set. */
  readonly epsilon?: number;
  /** Whether there is a beta, shape [channels]; true unless set. */
  readonly center?: boolean;
  /** Whether there is a gamma, shape [channels]; true unless set. */
  readonly scale?: boolean;
}

type Weight = ReturnType<tf.layers.Layer["addWeight"]>;

/**
 * y = (x − mean) / √(variance + ε) · gamma + beta, mean and variance being those of a group of channels over all pixels of an
 * example. Takes float32 of shape [examples, …, channels].
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

  /** @throws Error when the axis is not the last one, or the groups do not divide the channels. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = oneShape(inputShape);
    const channels = shape.at(-1);
    const { axis, center, scale } = this.#config;
    if (axis !== -1 && axis !== shape.length - 1) {
      throw new Error(`${this.name} is over axis ${axis}: only the last one can be normalised`);
    }
    if (channels === null || channels === undefined || channels % this.#groupsOf(channels) !== 0) {
      throw new Error(`${this.name} cannot divide ${channels} channels into its groups`);
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

  #groupsOf(channels: number): number {
    const { groups } = this.#config;
    return groups === -1 ? channels : groups;
  }
}

/** Lets tfjs build models with this layer, unless the app has registered one of that name. Idempotent. */
export function registerGroupNormalization(): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  if (GroupNormalization.className in classNameMap) return;
  tf.serialization.registerClass(GroupNormalization);
}

const oneShape = (shape: tf.Shape | tf.Shape[]): tf.Shape =>
  Array.isArray(shape[0]) ? shape[0] : (shape as tf.Shape);
