import { FederatedClient, isTributaryError, type ExampleStore } from "@tributary/client-sdk";
import { canonicalize, TributaryError } from "@tributary/protocol";
import type { GivenData } from "./input/given-data.ts";
import type { Model } from "./kept-model.ts";
import type { ConsentView } from "./view/consent.ts";
import type { TrainingView } from "./view/training.ts";

/** What participation needs of the page. */
export interface ParticipationDeps {
  readonly consent: ConsentView;
  readonly training: TrainingView;
  /** Called with each model that the client has verified. */
  modelCame(model: Model): void;
}

/** One person's part in one task, from the first look at it until the end. */
export class Participation {
  readonly #client: FederatedClient;
  readonly #deps: ParticipationDeps;
  #leaving = new AbortController();
  #given: GivenData | undefined;
  /** The plans that the person has agreed to, in canonical JSON. */
  readonly #agreed = new Set<string>();

  constructor(serverKey: string, population: string, deps: ParticipationDeps) {
    this.#deps = deps;
    this.#client = new FederatedClient({
      url: location.origin.replace(/^http/, "ws"),
      serverKey,
      population,
      examples: this.#examples(),
      engine: "fused",
      worker: new URL("worker.js", document.baseURI).href,
      approvePlan: async (plan, summary) => {
        const key = canonicalize(plan);
        if (!this.#agreed.has(key) && (await deps.consent.ask(summary, undefined))) {
          this.#agreed.add(key);
        }
        return this.#agreed.has(key);
      },
    });
  }

  /**
   * Asks for the newest model, which the plan and its data contract come with.
   * @returns Undefined when the task shows its model only to those who take part.
   */
  async look(): Promise<Model | undefined> {
    try {
      const model = await this.#client.checkpoint();
      this.#deps.modelCame(model);
      return model;
    } catch (error) {
      if (isTributaryError(error, "MODEL_NOT_PUBLIC")) return undefined;
      throw error;
    }
  }

  /** Learns from this from now on. */
  give(given: GivenData): void {
    this.#given = given;
  }

  /**
   * Shows what would be done and sent, and asks for consent.
   * @returns Whether the person agrees; true where the plan is only known in a round, when the person
   *   is asked.
   */
  async preview(isKnown: boolean): Promise<boolean> {
    if (!isKnown) return true;
    const run = await this.#client.dryRun();
    if (run.refused !== undefined) throw run.refused;
    const agrees = await this.#deps.consent.ask(run.summary, run);
    if (agrees) this.#agreed.add(canonicalize(run.plan));
    return agrees;
  }

  /**
   * Takes part until the task has ended or the person stops.
   * @returns Whether the task has ended.
   */
  async takePart(): Promise<boolean> {
    this.#leaving = new AbortController();
    for await (const event of this.#client.participate({ signal: this.#leaving.signal })) {
      this.#deps.training.show(event);
      if (event.type === "round-finished") {
        const newest = await this.#client.checkpoint().catch(() => this.#client.heldCheckpoint());
        if (newest !== undefined) this.#deps.modelCame(newest);
        if (event.taskFinished) return true;
      }
    }
    this.#deps.training.stopped();
    return false;
  }

  setPaused(isPaused: boolean): void {
    if (isPaused) this.#client.pause();
    else this.#client.resume();
  }

  stop(): void {
    this.#leaving.abort();
  }

  /** What was given last, under one store: the client asks it in every round. */
  #examples(): ExampleStore {
    const given = (): ExampleStore => {
      if (this.#given !== undefined) return this.#given.store;
      throw new TributaryError("EXAMPLES_INVALID", "Nothing was given to learn from yet", {
        remedy: "Choose a file first.",
      });
    };
    return {
      count: async () => given().count(),
      load: async (signal, contract) => given().load(signal, contract),
      table: async (signal) => {
        const table = await given().table?.(signal);
        if (table !== undefined) return table;
        throw new TributaryError("EXAMPLES_INVALID", "This task counts the columns of a table", {
          remedy: "Give a table.",
        });
      },
    };
  }
}
