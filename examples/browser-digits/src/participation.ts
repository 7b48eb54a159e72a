// How this page takes part. This file shows all that an app needs of the SDK.
import { FederatedClient, type Examples, type ParticipationEvent } from "@tributary/client-sdk";
import { drawOwnDigits, drawStrangersDigits, writerRandom } from "./learning/digits.ts";
import type { Engine } from "./learning/engine.ts";
import type { PageEvent } from "./state/page-event.ts";
import type { Settings } from "./state/settings.ts";
import { SharedModel, type ScoredModel } from "./learning/shared-model.ts";

/**
 * How long to wait after a round for the next one to deliver the new model, before asking the
 * server for it, milliseconds.
 */
const NEXT_ROUND_MS = 1_500;

/**
 * One writer at one server. It stays when the user leaves, so that a user who comes back still has
 * the model.
 */
export class Participation {
  readonly settings: Settings;
  /** The digits that this page trains on. */
  readonly digits: Examples;
  readonly model: SharedModel;
  readonly #client: FederatedClient;
  readonly #tell: (event: PageEvent) => void;
  #afterRound: ReturnType<typeof setTimeout> | undefined;
  /** The id of the checkpoint that was measured last. */
  #scored = "";

  /** @throws TributaryError `BAD_PARAMETER` or `INSECURE_URL` when a setting is wrong. */
  constructor(settings: Settings, engine: Engine, tell: (event: PageEvent) => void) {
    const random = writerRandom(engine.crypto, settings.seed);
    this.settings = settings;
    this.digits = drawOwnDigits(random);
    this.#tell = tell;
    this.#client = new FederatedClient({
      url: settings.url,
      serverKey: settings.serverKey,
      population: settings.population,
      examples: this.digits,
      // Every tab plays a writer of its own. An app leaves this out.
      oneTab: false,
      // Seeded, so that the reports of a writer can be reproduced. An app leaves this out.
      random: random.derive("client"),
    });
    this.model = new SharedModel(
      this.#client,
      engine.predictor,
      drawStrangersDigits(engine.crypto),
    );
  }

  /**
   * Takes part until `signal` is aborted, and passes on all events.
   * @throws TributaryError when trying again cannot help, such as `SERVER_KEY_MISMATCH`.
   */
  async takePart(signal: AbortSignal): Promise<void> {
    try {
      for await (const event of this.#client.participate({ signal })) {
        this.#tell(event);
        await this.#follow(event);
      }
    } finally {
      clearTimeout(this.#afterRound);
    }
  }

  /** Closes the client and frees the model. */
  async close(): Promise<void> {
    clearTimeout(this.#afterRound);
    await this.#client.close();
    await this.model.dispose();
  }

  /** Keeps the model with which the page predicts up to date. */
  async #follow(event: ParticipationEvent): Promise<void> {
    switch (event.type) {
      case "downloaded":
        clearTimeout(this.#afterRound);
        // Awaited before the next event is read, so that the model of every round gets its point in
        // the chart.
        await this.model.scoreHeld().then((model) => this.#show(model), failsElsewhere);
        break;
      case "round-finished":
        if (event.taskFinished) this.#askForNewest();
        else this.#afterRound = setTimeout(() => this.#askForNewest(), NEXT_ROUND_MS);
        break;
      default:
        break;
    }
  }

  /** Asks the server for the newest model. */
  #askForNewest(): void {
    clearTimeout(this.#afterRound);
    this.model.update().then((model) => this.#show(model), failsElsewhere);
  }

  /** Shows the score of a model, once for each checkpoint. */
  #show(model: ScoredModel | undefined): void {
    if (model === undefined || model.checkpoint === this.#scored) return;
    this.#scored = model.checkpoint;
    this.#tell({ type: "scored", model });
  }
}

/** Ignores an error: participating fails for the same reason, and shows it. */
function failsElsewhere(): void {}
