import {
  buildLayersModel,
  isTributaryError,
  type Examples,
  type FederatedClient,
} from "@tributary/client-sdk";
import type { LayersModel } from "@tensorflow/tfjs";
import { pixelsOf } from "./digits.ts";

/** A checkpoint and how good it is. */
export interface ScoredModel {
  readonly checkpoint: string;
  /** The round that made it; 0 for the model that the task began with. */
  readonly roundNumber: number;
  /** Share of the strangers' digits that it reads rightly. */
  readonly accuracy: number;
  /** Mean cross-entropy on them. */
  readonly loss: number;
}

interface LoadedModel {
  readonly model: LayersModel;
  readonly scored: ScoredModel;
}

const CLASSES = 10;
/** So many digits are scored at once: few enough that the page goes on drawing frames. */
const PIECE = 60;

/**
 * The newest model that all have trained together, to predict with. `client.model()` gives such a model in one call;
 * here the checkpoint is asked for, since the page also says which round made it.
 */
export class SharedModel {
  readonly #client: FederatedClient;
  readonly #strangers: Examples;
  #loaded: LoadedModel | undefined;
  /** Ends when the last update does: they take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param strangers - Digits to score with, that nobody trains on. */
  constructor(client: FederatedClient, strangers: Examples) {
    this.#client = client;
    this.#strangers = strangers;
  }

  /** The model that `classify` reads with. */
  get newest(): ScoredModel | undefined {
    return this.#loaded?.scored;
  }

  /**
   * Asks the server for its newest model and scores it. What this client holds already is not sent again.
   * @returns `undefined` while there is no model.
   * @throws TributaryError as `client.checkpoint()`.
   */
  update(): Promise<ScoredModel | undefined> {
    const result = this.#turn.then(() => this.#update());
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /**
   * What the newest model takes an image for.
   * @param pixels - Ink in [0, 1], shape [784].
   * @returns Ten probabilities; `undefined` while there is no model.
   * @throws TributaryError as `client.checkpoint()`.
   */
  async classify(pixels: Float32Array): Promise<Float32Array | undefined> {
    if (this.#loaded === undefined) await this.update();
    const tf = await import("@tensorflow/tfjs");
    // From here to the prediction nothing is awaited: an update disposes of the model that it replaces.
    if (this.#loaded === undefined) return undefined;
    return predict(tf, this.#loaded.model, pixels, 1);
  }

  /** Frees the model's memory once the update under way is through. */
  async dispose(): Promise<void> {
    await this.#turn;
    this.#loaded?.model.dispose();
    this.#loaded = undefined;
  }

  async #update(): Promise<ScoredModel | undefined> {
    try {
      const { id, roundNumber, plan, weights } = await this.#client.checkpoint();
      if (this.#loaded?.scored.checkpoint === id) return this.#loaded.scored;
      const model = await buildLayersModel(plan.model, weights);
      const score = await scoreModel(model, this.#strangers);
      this.#loaded?.model.dispose();
      this.#loaded = { model, scored: { checkpoint: id, roundNumber, ...score } };
      return this.#loaded.scored;
    } catch (error) {
      if (isTributaryError(error, "MODEL_UNAVAILABLE")) return undefined;
      throw error;
    }
  }
}

async function scoreModel(
  model: LayersModel,
  digits: Examples,
): Promise<Pick<ScoredModel, "accuracy" | "loss">> {
  const tf = await import("@tensorflow/tfjs");
  const size = pixelsOf(digits, 0).length;
  let right = 0;
  let loss = 0;
  for (let from = 0; from < digits.count; from += PIECE) {
    const count = Math.min(PIECE, digits.count - from);
    const pixels = digits.features.subarray(from * size, (from + count) * size);
    const probabilities = await predict(tf, model, pixels, count);
    for (let i = 0; i < count; i++) {
      const own = probabilities.subarray(i * CLASSES, (i + 1) * CLASSES);
      const label = digits.labels[from + i] ?? 0;
      loss -= Math.log(Math.max(own[label] ?? 0, 1e-7));
      if (own.indexOf(Math.max(...own)) === label) right += 1;
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { accuracy: right / digits.count, loss: loss / digits.count };
}

/** @returns The model's outputs, shape [count, 10]. */
async function predict(
  tf: typeof import("@tensorflow/tfjs"),
  model: LayersModel,
  pixels: Float32Array,
  count: number,
): Promise<Float32Array> {
  const output = tf.tidy(() => {
    const shape = (model.inputs[0]?.shape ?? []).slice(1).map((size) => size ?? 1);
    return model.predict(tf.tensor(pixels, [count, ...shape])) as import("@tensorflow/tfjs").Tensor;
  });
  try {
    return await output.data<"float32">();
  } finally {
    output.dispose();
  }
}
