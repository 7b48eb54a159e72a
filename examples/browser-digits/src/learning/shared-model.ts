import {
  isTributaryError,
  type Checkpoint,
  type Examples,
  type FederatedClient,
  type LocalTrainer,
} from "@tributary/client-sdk";

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
  readonly checkpoint: Checkpoint;
  readonly scored: ScoredModel;
}

/**
 * The newest model that all have trained together, to predict with. `client.model()` gives it as a tfjs model; here
 * the engine that trains also predicts, and tfjs need not be loaded.
 */
export class SharedModel {
  readonly #client: FederatedClient;
  readonly #predictor: LocalTrainer;
  readonly #strangers: Examples;
  #loaded: LoadedModel | undefined;
  /** Ends when the last update does: they take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param predictor - Not the one that trains, whose calls would wait for each other.
   * @param strangers - Digits to score with, that nobody trains on.
   */
  constructor(client: FederatedClient, predictor: LocalTrainer, strangers: Examples) {
    this.#client = client;
    this.#predictor = predictor;
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
    return this.#inTurn(async () => {
      try {
        return await this.#score(await this.#client.checkpoint());
      } catch (error) {
        if (isTributaryError(error, "MODEL_UNAVAILABLE")) return undefined;
        throw error;
      }
    });
  }

  /**
   * Scores the model that the client was given last, and asks nobody.
   * @returns `undefined` while it holds none.
   */
  scoreHeld(): Promise<ScoredModel | undefined> {
    return this.#inTurn(async () => {
      const held = this.#client.heldCheckpoint();
      return held === undefined ? undefined : this.#score(held);
    });
  }

  /**
   * What the newest model takes an image for.
   * @param pixels - Ink in [0, 1], shape [784].
   * @returns Ten probabilities; `undefined` while there is no model.
   * @throws TributaryError as `client.checkpoint()`.
   */
  async classify(pixels: Float32Array): Promise<Float32Array | undefined> {
    if (this.#loaded === undefined) await this.update();
    if (this.#loaded === undefined) return undefined;
    const { plan, weights } = this.#loaded.checkpoint;
    const featureShape = [pixels.length];
    return this.#predictor.predict({ plan, weights, features: pixels, featureShape, count: 1 });
  }

  /** Lets go of the model once the update under way is through. */
  async dispose(): Promise<void> {
    await this.#turn;
    this.#loaded = undefined;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #score(checkpoint: Checkpoint): Promise<ScoredModel> {
    const { id, roundNumber, weights } = checkpoint;
    if (this.#loaded?.scored.checkpoint === id) return this.#loaded.scored;
    const { training } = checkpoint.plan;
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
