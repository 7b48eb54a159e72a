import {
  isTributaryError,
  type Clock,
  type RoundPurpose,
  type TributaryError,
} from "@tributary/protocol";
import { AskedConditions } from "../conditions/asked-conditions.ts";
import type { Eligibility } from "../conditions/eligibility.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import { storeOf } from "../examples/store-of.ts";
import { dryRun, type DryRun, type DryRunDeps } from "../participation/dry-run.ts";
import type { EventSink } from "../participation/event-stream.ts";
import { personalWeights } from "../participation/local-layers.ts";
import { participate } from "../participation/participation.ts";
import { PlanMemory } from "../participation/plan-memory.ts";
import type { ThreadPlatform } from "../platform/platform.ts";
import { abortable, aborted } from "../runtime/abort.ts";
import { PauseGate } from "../runtime/pause-gate.ts";
import { Backoff } from "../session/backoff.ts";
import { requestModel } from "../session/model-request.ts";
import { ModelCache, type CachedModel } from "../trust/model-cache.ts";
import type { Checkpoint, ClientCore, NewestRequest } from "./client-core.ts";
import { ClientResources } from "./client-resources.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { ModelKeeper } from "./model-keeper.ts";
import { LoadOnce } from "../runtime/load-once.ts";

/** The `ClientCore` that works in the thread in which it was made. */
export class OwnThreadCore implements ClientCore {
  readonly #settings: ClientSettings;
  readonly #resources: ClientResources;
  readonly #platform: ThreadPlatform;
  readonly #clock: Clock;
  readonly #network: ThreadPlatform["network"];
  readonly #examples: ExampleStore;
  readonly #heldOut: ExampleStore | undefined;
  readonly #cache: ModelCache = new ModelCache((model) => this.#keeper?.keep(model));
  /** Loads what keeps models for the next page or process; undefined when the app does not want that. */
  readonly #loadKeeper: LoadOnce<ModelKeeper> | undefined;
  /** Set from the first `#restore` on, which comes before any model does. */
  #keeper: ModelKeeper | undefined;
  /** What encoding the last update has lost, which is added to the next (error feedback). */
  readonly #residuals: PlanMemory = new PlanMemory();
  /** The parameters of layers that the plan leaves to each client. */
  readonly #localLayers: PlanMemory = new PlanMemory();

  readonly #gate: PauseGate = new PauseGate();
  /** Where events go while the client takes part. */
  #events: EventSink | undefined;
  /** Why models are not kept, for the next participation to tell. */
  #storeFaults: TributaryError[] = [];

  constructor(settings: ClientSettings, platform: ThreadPlatform) {
    this.#settings = settings;
    this.#resources = new ClientResources(settings, platform);
    this.#platform = platform;
    this.#clock = platform.clock;
    this.#network = platform.network;
    const { examples, heldOut, modelStore } = settings.options;
    if (modelStore !== undefined) {
      const onFault = (error: TributaryError): void => this.#tellStoreFault(error);
      this.#loadKeeper = new LoadOnce(() =>
        this.#resources.modelKeeper(modelStore, this.#cache, onFault),
      );
    }
    this.#examples = storeOf(examples);
    this.#heldOut = heldOut === undefined ? undefined : storeOf(heldOut);
  }

  async participate(events: EventSink, signal: AbortSignal): Promise<void> {
    const resources = this.#resources;
    const { population, session } = this.#settings;
    const work = await this.#workDeps(signal);
    await this.#restore(signal);
    const { crypto, random } = work;
    const waits = random.derive("wait");
    const eligibility = this.#eligibility();
    const deps = {
      ...resources.sessionDeps(crypto, this.#cache),
      ...work,
      network: this.#network,
      deliveries: resources.deliveries,
      population,
      credentials: resources.credentials(crypto),
      approval: resources.approval(crypto),
      eligibility,
      cache: this.#cache,
      events,
      reconnect: new Backoff(waits),
      retry: new Backoff(waits),
    };
    if (this.#gate.isClosed) events.push({ type: "paused" });
    this.#events = events;
    for (const error of this.#storeFaults.splice(0)) this.#tellStoreFault(error);
    try {
      await participate(deps, session, signal);
    } finally {
      this.#events = undefined;
      eligibility.close();
    }
  }

  setPaused(isPaused: boolean): void {
    if (isPaused === this.#gate.isClosed) return;
    if (isPaused) this.#gate.close();
    else this.#gate.open();
    this.#events?.push({ type: isPaused ? "paused" : "continued" });
  }

  async dryRun(purpose: RoundPurpose, signal: AbortSignal): Promise<DryRun> {
    const { model } = await this.#requestNewest(signal);
    const eligibility = this.#eligibility();
    try {
      return await dryRun(await this.#workDeps(signal), eligibility, model, purpose, signal);
    } finally {
      eligibility.close();
    }
  }

  async newest({ personal }: NewestRequest, signal: AbortSignal): Promise<Checkpoint> {
    const { model, isNewest } = await this.#requestNewest(signal);
    const weights = personal ? personalWeights(model, this.#localLayers) : undefined;
    return copyOf(model, isNewest, weights);
  }

  held(): Checkpoint | undefined {
    const held = this.#cache.newest;
    return held === undefined ? undefined : copyOf(held, false);
  }

  /** The id of the checkpoint that `held` returns. */
  get heldId(): Checkpoint["id"] | undefined {
    return this.#cache.newest?.checkpoint.id;
  }

  async dispose(): Promise<void> {
    await this.#keeper?.close();
    await this.#resources.dispose();
  }

  /** Brings the model of an earlier page or process into the cache, if the app wants that. */
  async #restore(signal: AbortSignal): Promise<void> {
    if (this.#loadKeeper === undefined) return;
    this.#keeper ??= await abortable(this.#loadKeeper.get(), signal);
    await abortable(this.#keeper.restore(), signal);
  }

  #tellStoreFault(error: TributaryError): void {
    if (this.#events === undefined) this.#storeFaults.push(error);
    else this.#events.push({ type: "model-not-kept", error });
  }

  #eligibility(): AskedConditions {
    const { device, clock, usage } = this.#platform;
    const { conditions: own, session, population } = this.#settings;
    const name = `${session.url} ${population}`;
    const load = (): Promise<Eligibility> =>
      this.#platform.createEligibility({ device, clock, usage, name, own });
    return new AskedConditions(load, own !== undefined);
  }

  /** What work on the examples needs. */
  async #workDeps(signal: AbortSignal): Promise<DryRunDeps> {
    const resources = this.#resources;
    const crypto = await abortable(resources.crypto(), signal);
    const trainer = await abortable(resources.trainer(), signal);
    return {
      crypto,
      trainer,
      clock: this.#clock,
      floors: this.#settings.floors,
      examples: this.#examples,
      heldOut: this.#heldOut,
      kernels: () => resources.kernels(),
      residuals: this.#residuals,
      localLayers: this.#localLayers,
      random: resources.random(crypto),
      gate: this.#gate,
    };
  }

  /** Asks the server for the newest checkpoint, and falls back on the one that is held. */
  async #requestNewest(
    signal: AbortSignal,
  ): Promise<{ readonly model: CachedModel; readonly isNewest: boolean }> {
    await this.#restore(signal);
    try {
      const crypto = await abortable(this.#resources.crypto(), signal);
      const question = {
        population: this.#settings.population,
        credentials: this.#resources.credentials(crypto),
        cache: this.#cache,
        deliveries: this.#resources.deliveries,
      };
      const deps = this.#resources.sessionDeps(crypto, this.#cache);
      const model = await requestModel(deps, this.#settings.session, question, signal);
      this.#cache.keep(model);
      return { model, isNewest: true };
    } catch (error) {
      if (signal.aborted) throw aborted();
      const held = this.#cache.newest;
      if (held === undefined || !isTributaryError(error) || !HELD_WILL_DO.has(error.code)) {
        throw error;
      }
      return { model: held, isNewest: false };
    }
  }
}

/** @param weights - In place of those of the checkpoint; copied if they are the checkpoint's own. */
const copyOf = (
  { checkpoint, plan, roundNumber }: CachedModel,
  isNewest: boolean,
  weights = checkpoint.weights,
): Checkpoint => ({
  id: checkpoint.id,
  roundNumber,
  plan: plan.plan,
  weights: weights === checkpoint.weights ? weights.slice() : weights,
  isNewest,
});

/**
 * Errors after which a checkpoint that the client holds is better than none: the server was not
 * reached or was cut off, or it gives its newest model to nobody but the members of its rounds.
 */
const HELD_WILL_DO: ReadonlySet<string> = new Set([
  "MODEL_NOT_PUBLIC",
  "CONNECTION_FAILED",
  "CONNECTION_LOST",
  "TIMED_OUT",
  "SERVER_STOPPING",
  "TOO_MANY_CONNECTIONS",
  "RATE_LIMITED",
]);
