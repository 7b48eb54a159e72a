import * as tf from "@tensorflow/tfjs";
import {
  TributaryError,
  layoutOf,
  trainableRanges,
  type ParameterLayout,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import { buildLayersModel, weightsOf, type LayerWeight } from "../models/layers-model.ts";
import type { OpenShape } from "./example-format.ts";
import { seededDropout, type SeededDropout } from "./seeded-dropout.ts";
import {
  logitsTopology,
  requireLastAxis,
  type LogitsTopology,
  type OutputActivation,
} from "./logits-topology.ts";

type Layer = tf.layers.Layer;

/** A plan's model in tfjs. It is built once and used in every round of the plan. */
export class PreparedModel {
  readonly layout: ParameterLayout;
  /** The model, without its last activation if that could be removed. */
  readonly model: tf.LayersModel;
  /** The activation that was removed; see `logitsTopology`. */
  readonly activation: OutputActivation | undefined;
  /** The model's weights in the layout's order. */
  readonly weights: readonly LayerWeight[];
  /** The variables that the optimizer changes. */
  readonly trained: readonly tf.Variable[];
  /** The parameters that the plan does not train. A trainer returns them as it was given them. */
  readonly frozen: readonly { readonly offset: number; readonly size: number }[];
  /** Shape of one input as the model states it. */
  readonly inputShape: OpenShape;
  /** How many rows the table has that inputs are indices of; undefined where they are values. */
  readonly indexCount: number | undefined;
  readonly #outputShape: OpenShape;
  // Whether the model has a layer that `requireSoundGradients` is about.
  readonly #resizes: boolean;
  readonly #dropouts: readonly SeededDropout[];
  readonly #constrained: readonly {
    readonly weight: LayerWeight;
    readonly variable: tf.Variable;
  }[];

  private constructor(
    plan: Plan,
    layout: ParameterLayout,
    model: tf.LayersModel,
    logits: LogitsTopology,
  ) {
    this.layout = layout;
    this.model = model;
    this.activation = logits.activation;
    this.weights = weightsOf(model, layout);
    const ranges = trainableRanges(layout, plan.training.trainable);
    const isTrained = layout.parameters.map(({ offset }) =>
      ranges.some((range) => offset >= range.offset && offset < range.offset + range.length),
    );
    this.frozen = layout.parameters.filter((_, index) => !isTrained[index]);
    // The plan decides what is trained, not the flags in a model file. But a weight's own flag
    // shows that it has no gradient, such as the moving averages of batch normalisation, which
    // change as examples pass through the layer.
    this.trained = this.weights.flatMap((weight, index) => {
      const variable = weight.read();
      return isTrained[index] && weight.trainable && variable instanceof tf.Variable
        ? [variable]
        : [];
    });
    this.#constrained = this.weights.flatMap((weight) => {
      const variable = this.trained.find((one) => one === weight.read());
      const constraint: unknown = weight.constraint;
      return variable === undefined || constraint === null || constraint === undefined
        ? []
        : [{ weight, variable }];
    });
    if (this.trained.length === 0) {
      throw new TributaryError("PLAN_INVALID", "The plan trains no weight that has a gradient", {
        remedy: "Name layers with kernels or embeddings as trainable.",
      });
    }
    this.inputShape = oneShape(model.inputs, "inputs");
    this.#outputShape = oneShape(model.outputs, "outputs");
    requireLastAxis(logits, this.#outputShape);
    const layers = [...everyLayer(model)];
    const table = layers.find(
      (layer) =>
        layer.getClassName() === "Embedding" &&
        layer.inboundNodes.some(({ inputTensors }) => inputTensors.includes(model.inputs[0]!)),
    );
    this.indexCount = table?.weights[0]?.shape[0] ?? undefined;
    this.#resizes = layers.some((layer) => layer.getClassName() === "UpSampling2D");
    const frozenWeights = new Set(this.weights.filter((_, index) => !isTrained[index]));
    for (const layer of layers) freezeStatistics(layer, frozenWeights);
    this.#dropouts = layers.flatMap((layer) => seededDropout(layer) ?? []);
  }

  /**
   * Builds the plan's model on tfjs's current backend.
   * @throws TributaryError `MODEL_UNSUPPORTED` when tfjs cannot build it, or when it has several
   *   inputs or outputs; `PLAN_INVALID` when the plan trains none of its weights.
   */
  static async build(plan: Plan): Promise<PreparedModel> {
    const logits = logitsTopology(plan.model.topology);
    const { topology } = logits;
    const layout = layoutOf(plan.model.parameters);
    const { parameters } = plan.model;
    const model = await buildLayersModel({ topology, parameters }, new Float32Array(layout.size));
    try {
      return new PreparedModel(plan, layout, model, logits);
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /**
   * Refuses a model that the current backend is known to train wrongly.
   * @throws TributaryError `MODEL_UNSUPPORTED`.
   */
  requireSoundGradients(): void {
    // In tfjs 4.22, the cpu backend adds up the gradients of all images of a batch in the wrong
    // places.
    if (tf.getBackend() !== "cpu" || !this.#resizes) return;
    throw new TributaryError(
      "MODEL_UNSUPPORTED",
      "tfjs's cpu backend computes wrong gradients for UpSampling2D layers",
      { remedy: "Install @tensorflow/tfjs-backend-wasm, which computes them correctly." },
    );
  }

  /** Starts new streams of dropout masks, for one training. */
  seedDropout(random: RandomSource): void {
    this.#dropouts.forEach((dropout, index) => dropout.seed(random.derive(`dropout ${index}`)));
  }

  /**
   * Forces the layers' constraints on the trained weights, as Keras does after every step. tfjs does
   * not (4.22).
   */
  applyConstraints(): void {
    for (const { weight, variable } of this.#constrained) {
      tf.tidy(() => variable.assign(weight.constraint.apply(variable)));
    }
  }

  /** Finds the shape of one output for inputs of a given shape. */
  outputShapeFor(inputShape: readonly number[]): number[] {
    const known = this.#outputShape.filter((size) => size !== null);
    if (known.length === this.#outputShape.length) return known;
    // computeOutputShape fails on sequential models (tfjs 4.22), so one example of zeros is passed
    // through.
    return tf.tidy(() => {
      const outputs = this.model.apply(tf.zeros([1, ...inputShape]));
      return [outputs].flat()[0]!.shape.slice(1).map(Number);
    });
  }

  dispose(): void {
    this.model.dispose();
  }
}

/** @throws TributaryError `MODEL_UNSUPPORTED` unless there is exactly one input or output. */
function oneShape(symbols: tf.LayersModel["inputs"], what: string): OpenShape {
  const [symbol] = symbols;
  if (symbols.length !== 1 || symbol === undefined) {
    throw new TributaryError("MODEL_UNSUPPORTED", `The model has ${symbols.length} ${what}`, {
      remedy: "Use a model with one input and one output.",
    });
  }
  return symbol.shape.slice(1);
}

/** All layers of a model, and those of the models and wrappers within it. */
function* everyLayer(container: tf.LayersModel): Generator<Layer> {
  for (const layer of container.layers) yield* withInner(layer);
}

function* withInner(layer: Layer): Generator<Layer> {
  yield layer;
  if (layer instanceof tf.LayersModel) yield* everyLayer(layer);
  for (const place of layer.getClassName() === "Bidirectional" ? BOTH_WAYS : ["layer"]) {
    const inner: unknown = Reflect.get(layer, place);
    if (inner instanceof tf.layers.Layer) yield* withInner(inner);
  }
}

/** Where a `Bidirectional` has its two layers, which are copies of the one that it was given. */
const BOTH_WAYS = ["forwardLayer", "backwardLayer"] as const;

/**
 * Makes a frozen batch normalisation use its given averages and leave them unchanged, as Keras
 * does. tfjs updates them whatever the layer's flags say.
 */
function freezeStatistics(layer: Layer, frozen: ReadonlySet<LayerWeight>): void {
  if (layer.getClassName() !== "BatchNormalization") return;
  if (!layer.weights.every((weight) => frozen.has(weight))) return;
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
}
