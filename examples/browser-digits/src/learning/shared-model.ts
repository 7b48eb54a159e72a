import {
  isTributaryError,
  type Checkpoint,
  type Examples,
  type FederatedClient,
  type LocalTrainer,
} from "@tributary/client-sdk";

/** A checkpoint and its score. */
export interface ScoredModel {
  /** The checkpoint's id. */
  readonly checkpoint: string;
  /** The number of the round that made it; 0 for the task's initial model. */
  readonly roundNumber: number;
  /** The share of the strangers' digits that it classifies correctly. */
  readonly accuracy: number;
  /** The mean cross-entropy on the strangers' digits. */
  readonly loss: number;
}

/** The codes with which a server says that it has no model for this page now. */
const HAS_NO_MODEL = ["MODEL_UNAVAILABLE", "MODEL_NOT_PUBLIC"] as const;

interface LoadedModel {
  readonly checkpoint: Checkpoint;
  readonly scored: ScoredModel;
}

/**
 * The newest model that all clients have trained together, to predict with. Apps can get it as a
 * tfjs model from `client.model()`. This page predicts with the engine that also trains, and so
 * need not load tfjs.
 */
export class SharedModel {
  readonly #client: FederatedClient;
  readonly #predictor: LocalTrainer;
  readonly #strangers: Examples;
  #loaded: LoadedModel | undefined;
  /** Resolves when the last update has ended: updates run one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param predictor - Not the trainer that trains, since calls of one trainer wait for each other.
   * @param strangers - Digits to measure models on. Nobody trains on them.
   */
  constructor(client: FederatedClient, predictor: LocalTrainer, strangers: Examples) {
    this.#client = client;
    this.#predictor = predictor;
    this.#strangers = strangers;
  }

  /** The model with which `classify` predicts. */
  get newest(): ScoredModel | undefined {
    return this.#loaded?.scored;
  }

  /**
   * Asks the server for its newest model and measures it. The server does not send again what this
   * client holds.
   * @returns `undefined` while the population has no model, or none for those outside its rounds.
   * @throws TributaryError as `client.checkpoint()`.
   */
  update(): Promise<ScoredModel | undefined> {
    return this.#inTurn(async () => {
      try {
        return await this.#score(await this.#client.checkpoint());
      } catch (error) {
        if (HAS_NO_MODEL.some((code) => isTributaryError(error, code))) return undefined;
        throw error;
      }
    });
  }

  /**
   * Measures the model that the client received last, without asking the server.
   * @returns `undefined` while the client holds none.
   */
  scoreHeld(): Promise<ScoredModel | undefined> {
    return this.#inTurn(async () => {
      const held = this.#client.heldCheckpoint();
      return held === undefined ? undefined : this.#score(held);
    });
  }

  /**
   * Reads an image with the newest model.
   * @param pixels - Ink in [0, 1], shape [784].
   * @returns The probability of each digit from 0 to 9; `undefined` while there is no model.
   * @throws TributaryError as `client.checkpoint()`.
   */
  async classify(pixels: Float32Array): Promise<Float32Array | undefined> {
    if (this.#loaded === undefined) await this.update();
    if (this.#loaded === undefined) return undefined;
    const { plan, weights } = this.#loaded.checkpoint;
    const featureShape = [pixels.length];
    return this.#predictor.predict({ plan, weights, features: pixels, featureShape, count: 1 });
  }

  /** Drops the model once the update under way has ended. */
  async dispose(): Promise<void> {
    await this.#turn;
    this.#loaded = undefined;
  }

  /** Runs work once the work before it has ended. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #score(checkpoint: Checkpoint): Promise<ScoredModel> {
    const { id, roundNumber, weights } = checkpoint;
    if (this.#loaded?.scored.checkpoint === id) return this.#loaded.scored;
    const { training } = checkpoint.plan;
    // Accuracy is wanted here whether or not the task's plan names it.
    const plan = {
      ...checkpoint.plan,
      training: { ...training, metrics: ["accuracy"] as const },
    };
    const { accuracy = 0, loss = 0 } = await this.#predictor.evaluate({
      plan,
      weights,
      examples: this.#strangers,
    });
    const scored = { checkpoint: id, roundNumber, accuracy, loss };
    this.#loaded = { checkpoint: { ...checkpoint, plan }, scored };
    return scored;
  }
}
