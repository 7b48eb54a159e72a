/**
 * The way into the client SDK.
 *
 * ```ts
 * const client = new FederatedClient({
 *   url: "wss://learn.example.org", population: "keyboard", serverKey, examples,
 * });
 * for await (const event of client.participate({ signal })) show(event);
 * const model = await client.model();
 * ```
 */
import { platform } from "#platform";
import type { LayersModel } from "@tensorflow/tfjs";
import {
  TributaryError,
  isTributaryError,
  parseServerKey,
  populationName,
  resolveLimits,
  type CheckpointId,
  type Limits,
  type Plan,
} from "@tributary/protocol";
import { checkCredentials, type FederatedClientOptions } from "./client-options.ts";
import { ClientResources } from "./client-resources.ts";
import { memoryExampleStore, type ExampleStore } from "./examples/example-store.ts";
import type { ExampleTable } from "./examples/example-table.ts";
import type { Examples } from "./examples/examples.ts";
import { tableExampleStore } from "./examples/table-store.ts";
import { EventStream, type EventSink } from "./participation/event-stream.ts";
import type { ParticipationEvent } from "./participation/participation-event.ts";
import { participate } from "./participation/participation.ts";
import { personalWeights } from "./participation/local-layers.ts";
import { PlanMemory } from "./participation/plan-memory.ts";
import type { Platform } from "./platform/platform.ts";
import { LinkedAbort, abortable, aborted } from "./runtime/abort.ts";
import { Backoff } from "./session/backoff.ts";
import { requestModel } from "./session/model-request.ts";
import { checkServerUrl } from "./session/server-url.ts";
import type { SessionOptions } from "./session/session.ts";
import { resolveFloors, type ClientFloors } from "./trust/floors/client-floors.ts";
import { ModelCache, type CachedModel } from "./trust/model-cache.ts";
import { VERSION } from "./version.generated.ts";

/** Parts to use in place of the platform's, such as a clock or a socket for tests. */
export type FederatedClientDeps = Partial<Platform>;

/** Options of `FederatedClient.participate`. */
export interface ParticipateOptions {
  /** Ends participation: the client withdraws from its round, and the iterator ends. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `FederatedClient.model` and `FederatedClient.checkpoint`. */
export interface ModelOptions {
  /** Stops the request, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** A verified checkpoint together with the plan that it belongs to. */
export interface Checkpoint {
  /** SHA-256 of the parameters as little-endian float32. */
  readonly id: CheckpointId;
  /** The number of the round that made it; 0 for the initial model. */
  readonly roundNumber: number;
  /** The plan that came with it, which holds the model's description and the task's name. */
  readonly plan: Plan;
  /** All parameters, flat, in the order of `plan.model.parameters`. A copy for the caller. */
  readonly weights: Float32Array;
  /**
   * True when the server has just named it as the newest. False when the client already held it and
   * did not ask the server, or could not reach it.
   */
  readonly isNewest: boolean;
}

/** Name and version that the client tells the server. */
const SOFTWARE = `tributary-js/${VERSION}`;

/**
 * One device's part in federated training; see the example at the top of this module. A client runs
 * one `participate()` at a time; `model()` and `checkpoint()` may run beside it.
 */
export class FederatedClient {
  readonly #population: string;
  readonly #platform: Platform;
  readonly #resources: ClientResources;
  readonly #limits: Limits;
  readonly #floors: ClientFloors;
  readonly #session: SessionOptions;
  readonly #examples: ExampleStore;
  readonly #heldOut: ExampleStore | undefined;
  readonly #cache: ModelCache = new ModelCache();
  /** What encoding the last update has lost, which is added to the next (error feedback). */
  readonly #residuals: PlanMemory = new PlanMemory();
  /** The parameters of layers that the plan leaves to each client. */
  readonly #localLayers: PlanMemory = new PlanMemory();
  readonly #closing: AbortController = new AbortController();
  /** The work under way, which `close` waits for. */
  readonly #working: Set<Promise<unknown>> = new Set();
  #participating = false;

  /**
   * Checks the options. It connects to nothing yet.
   * @param deps - Parts to use in place of the platform's.
   * @throws TributaryError `BAD_PARAMETER` when an option is not valid; `CONFIG_INVALID` when
   *   `limits` names no limit; `INSECURE_URL` when `url` begins with `ws://` and does not name this
   *   machine.
   */
  constructor(options: FederatedClientOptions, deps: FederatedClientDeps = {}) {
    this.#platform = { ...platform, ...deps };
    this.#limits = resolveLimits(options.limits);
    this.#floors = resolveFloors(options.floors);
    const settings = {
      serverKey: parseServerKey(options.serverKey),
      floors: this.#floors,
    };
    this.#session = {
      url: checkServerUrl(options.url),
      serverKey: settings.serverKey,
      limits: this.#limits,
      tls: options.tls,
      agent: options.agent,
      software: SOFTWARE,
      oldestVersion: this.#floors.oldestProtocolVersion,
    };
    this.#population = populationName(options.population);
    checkCredentials(options);
    this.#resources = new ClientResources(options, this.#platform, settings);
    const { examples, heldOut } = options;
    this.#examples = storeOf(examples);
    this.#heldOut = heldOut === undefined ? undefined : storeOf(heldOut);
  }

  /**
   * Takes part in rounds until it is stopped: by `signal`, by leaving the loop (`break`), or by
   * `close`. The client then withdraws from the round it is in, and the iterator ends without an
   * error. When the connection is lost, the client connects again after a random wait; the longest
   * possible wait doubles with each attempt, up to a minute.
   *
   * The work begins with the first `next` and goes on beside the reader. A reader who falls behind
   * misses `training` events only. When a reader stops reading without leaving the loop, the client
   * pauses before its next check-in.
   * @returns The events, for one reader. The iterator throws a TributaryError when trying again
   *   cannot help: `SERVER_KEY_MISMATCH`, `HANDSHAKE_FAILED`, `VERSION_UNSUPPORTED`,
   *   `PLAN_SIGNATURE_INVALID`, `DEVICE_REVOKED`, `DEVICE_PROOF_INVALID`, `ENGINE_UNAVAILABLE`,
   *   `EXAMPLES_INVALID` when there are no examples to check in with, and `BAD_PARAMETER` when this
   *   client already takes part or is closed.
   */
  participate(
    options: ParticipateOptions = {},
  ): AsyncIterableIterator<ParticipationEvent, undefined, undefined> {
    return new EventStream(
      (events, signal) => this.#takePart(events, signal),
      options.signal,
      this.#closing.signal,
    );
  }

  /**
   * Asks for the newest checkpoint of the population, verifies it as in a round, and builds a tfjs
   * model of it. Layers that the plan leaves to each client (`batchNormalization: local`) have the
   * values of this client, once it has trained them. See `checkpoint` for what happens without a
   * connection.
   * @returns A new model in each call. It belongs to the caller, who disposes it.
   * @throws TributaryError as `checkpoint`; also `MODEL_UNSUPPORTED` when tfjs cannot build the
   *   model.
   */
  async model(options: ModelOptions = {}): Promise<LayersModel> {
    const { model } = await this.#newest(options.signal);
    const weights = personalWeights(model, this.#localLayers);
    return this.#platform.createModel(model.plan.plan.model, weights);
  }

  /**
   * Asks for the newest checkpoint of the population, without loading tfjs. The server is asked in
   * each call, over a connection of its own, and sends only what this client does not hold.
   *
   * When the server cannot be reached, or does not let anyone download the model of this open
   * population, the result is the checkpoint that this client has verified last, if there is one:
   * that of its last round. `isNewest` is then false. When the server's key, plan or checkpoint
   * cannot be trusted, the call throws and never falls back on that checkpoint.
   * @throws TributaryError `MODEL_UNAVAILABLE` when the population has no checkpoint yet;
   *   `MODEL_NOT_PUBLIC` when the server keeps the model to the members of its rounds and no
   *   checkpoint is held; `ENROLMENT_REQUIRED` and the like when the client is not admitted; `CONNECTION_FAILED` and
   *   the like when the server cannot be reached and no checkpoint is held; `SERVER_KEY_MISMATCH`,
   *   `PLAN_SIGNATURE_INVALID` and the like when what was received cannot be trusted; `ABORTED`;
   *   `BAD_PARAMETER` when this client is closed.
   */
  async checkpoint(options: ModelOptions = {}): Promise<Checkpoint> {
    const { model, isNewest } = await this.#newest(options.signal);
    return copyOf(model, isNewest);
  }

  /**
   * Returns the checkpoint that this client has verified last, without asking the server. After the
   * `downloaded` event of a training round, that is the checkpoint from which the round trains.
   * @returns The checkpoint with `isNewest` false; `undefined` while the client holds none.
   */
  heldCheckpoint(): Checkpoint | undefined {
    const held = this.#cache.newest;
    return held === undefined ? undefined : copyOf(held, false);
  }

  /**
   * Stops everything: participation ends as by its signal, requests reject with `ABORTED`, and a
   * trainer that this client has made is disposed. Resolves when all work has ended. Calling it
   * again does no harm.
   */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#working);
    await this.#resources.dispose();
  }

  /** Takes part until `signal` is aborted, which is no error. */
  async #takePart(events: EventSink, signal: AbortSignal): Promise<void> {
    if (this.#participating) {
      throw new TributaryError("BAD_PARAMETER", "This client already takes part", {
        remedy: "Leave the other loop first, or use one client for each loop.",
      });
    }
    this.#participating = true;
    try {
      await this.#work(() => this.#participate(events, signal));
    } catch (error) {
      if (!signal.aborted || !isTributaryError(error, "ABORTED")) throw error;
    } finally {
      this.#participating = false;
    }
  }

  async #participate(events: EventSink, signal: AbortSignal): Promise<void> {
    const resources = this.#resources;
    const crypto = await abortable(resources.crypto(), signal);
    const trainer = await abortable(resources.trainer(), signal);
    const random = resources.random(crypto);
    const waits = random.derive("wait");
    const deps = {
      ...resources.sessionDeps(crypto, this.#cache),
      population: this.#population,
      credentials: resources.credentials(crypto),
      floors: this.#floors,
      approval: resources.approval(crypto),
      cache: this.#cache,
      examples: this.#examples,
      heldOut: this.#heldOut,
      trainer,
      kernels: () => resources.kernels(),
      residuals: this.#residuals,
      localLayers: this.#localLayers,
      random,
      events,
      reconnect: new Backoff(waits),
      retry: new Backoff(waits),
    };
    await participate(deps, this.#session, signal);
  }

  /** Asks the server for the newest checkpoint, and falls back on the one that is held. */
  async #newest(
    signal: AbortSignal | undefined,
  ): Promise<{ readonly model: CachedModel; readonly isNewest: boolean }> {
    this.#requireOpen();
    const stop = new LinkedAbort(signal, this.#closing.signal);
    try {
      const model = await this.#work(async () => {
        const crypto = await abortable(this.#resources.crypto(), stop.signal);
        const request = {
          population: this.#population,
          credentials: this.#resources.credentials(crypto),
          held: this.#cache.held(),
        };
        const deps = this.#resources.sessionDeps(crypto, this.#cache);
        return requestModel(deps, this.#session, request, stop.signal);
      });
      this.#cache.keep(model);
      return { model, isNewest: true };
    } catch (error) {
      if (stop.signal.aborted) throw aborted();
      const held = this.#cache.newest;
      if (held === undefined || !isTributaryError(error) || !HELD_WILL_DO.has(error.code)) {
        throw error;
      }
      return { model: held, isNewest: false };
    } finally {
      stop.unlink();
    }
  }

  /** Runs work that `close` stops and waits for. */
  async #work<T>(run: () => Promise<T>): Promise<T> {
    this.#requireOpen();
    const work = run();
    this.#working.add(work);
    try {
      return await work;
    } finally {
      this.#working.delete(work);
    }
  }

  /** @throws TributaryError `BAD_PARAMETER` once `close` has been called. */
  #requireOpen(): void {
    if (!this.#closing.signal.aborted) return;
    throw new TributaryError("BAD_PARAMETER", "This client is closed", {
      remedy: "Make a new FederatedClient.",
    });
  }
}

const copyOf = ({ checkpoint, plan, roundNumber }: CachedModel, isNewest: boolean): Checkpoint => ({
  id: checkpoint.id,
  roundNumber,
  plan: plan.plan,
  weights: checkpoint.weights.slice(),
  isNewest,
});

function storeOf(examples: Examples | ExampleTable | ExampleStore): ExampleStore {
  if ("load" in examples) return examples;
  return "rows" in examples ? tableExampleStore(examples) : memoryExampleStore(examples);
}

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
