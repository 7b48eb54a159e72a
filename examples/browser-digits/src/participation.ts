// How this page takes part: all that there is to an app's use of the SDK.
import { FederatedClient, type Examples, type ParticipationEvent } from "@tributary/client-sdk";
import { drawOwnDigits, drawStrangersDigits, writerRandom } from "./learning/digits.ts";
import type { Engine } from "./learning/engine.ts";
import type { PageEvent } from "./state/page-event.ts";
import type { Settings } from "./state/settings.ts";
import { SharedModel, type ScoredModel } from "./learning/shared-model.ts";

/** After a round, wait so long for the next one to bring its model before asking for it, milliseconds. */
const NEXT_ROUND_MS = 1_500;

/** One writer at one server: stays when the person leaves, so that coming back finds the model that is held. */
export class Participation {
  readonly settings: Settings;
  readonly digits: Examples;
  readonly model: SharedModel;
  readonly #client: FederatedClient;
  readonly #tell: (event: PageEvent) => void;
  #afterRound: ReturnType<typeof setTimeout> | undefined;
  #scored = "";

  /** @throws TributaryError `BAD_PARAMETER` or `INSECURE_URL` when the settings are wrong. */
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
      trainer: engine.trainer,
      // Seeded, so that a writer's reports can be made again. An app leaves this out.
      random: random.derive("client"),
    });
    this.model = new SharedModel(
      this.#client,
      engine.predictor,
      drawStrangersDigits(engine.crypto),
    );
  }

  /**
   * Takes part until `signal` is aborted, and tells what happens.
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

  /** Lets go of everything. */
  async close(): Promise<void> {
    clearTimeout(this.#afterRound);
    await this.#client.close();
    await this.model.dispose();
  }

  /** Keeps the model that the page predicts with up to date. */
  async #follow(event: ParticipationEvent): Promise<void> {
    switch (event.type) {
      case "downloaded":
        clearTimeout(this.#afterRound);
        // Before the next event is read: every round's model then has its point in the chart.
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

  #askForNewest(): void {
    clearTimeout(this.#afterRound);
    this.model.update().then((model) => this.#show(model), failsElsewhere);
  }

  #show(model: ScoredModel | undefined): void {
    if (model === undefined || model.checkpoint === this.#scored) return;
    this.#scored = model.checkpoint;
    this.#tell({ type: "scored", model });
  }
}

/** Taking part fails for the same reason, and says so. */
function failsElsewhere(): void {}
