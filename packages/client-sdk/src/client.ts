/**
 * The client SDK's one door.
 *
 * ```ts
 * const client = new FederatedClient({ url: "wss://learn.example.org", population: "keyboard", serverKey, examples });
 * for await (const event of client.participate({ signal })) show(event);
 * const model = await client.model();
 * ```
 */
import { platform } from "#platform";
import type { LayersModel } from "@tensorflow/tfjs";
import {
  DEFAULT_LIMITS,
  TributaryError,
  cryptographicRandom,
  isTributaryError,
  parseServerKey,
  populationName,
  type CheckpointId,
  type CryptoProvider,
  type Kernels,
  type Limits,
  type Plan,
  type RandomSource,
  type ServerKey,
} from "@tributary/protocol";
import { checkCredentials, type FederatedClientOptions } from "./client-options.ts";
import { Credentials } from "./enrolment/credentials.ts";
import { memoryExampleStore, type ExampleStore } from "./examples/example-store.ts";
import type { Examples } from "./examples/examples.ts";
import { EventStream } from "./participation/event-stream.ts";
import type { ParticipationEvent } from "./participation/participation-event.ts";
import { participate } from "./participation/participation.ts";
import { Residuals } from "./participation/residuals.ts";
import type { Platform } from "./platform/platform.ts";
import { LinkedAbort, abortable, aborted } from "./session/abort.ts";
import { Backoff } from "./session/backoff.ts";
import { requestModel } from "./session/model-request.ts";
import { checkServerUrl } from "./session/server-url.ts";
import type { SessionDeps, SessionOptions } from "./session/session.ts";
import type { LocalTrainer } from "./training/local-trainer.ts";
import { resolveFloors, type ClientFloors } from "./trust/client-floors.ts";
import { ModelCache, type CachedModel } from "./trust/model-cache.ts";
import { ModelDelivery } from "./trust/model-delivery.ts";
import { PlanVerifier } from "./trust/plan-verifier.ts";
import { VERSION } from "./version.generated.ts";

/** Collaborators in place of the platform's. */
export type FederatedClientDeps = Partial<Platform>;

export interface ParticipateOptions {
  /** Ends participation: the client withdraws, and the iterator returns. */
  readonly signal?: AbortSignal | undefined;
}

export interface ModelOptions {
  /** Stops the request, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** A verified checkpoint with the plan that it belongs to. */
export interface Checkpoint {
  /** SHA-256 of the parameters as little-endian float32. */
  readonly id: CheckpointId;
  /** The round that made it; 0 for the initial model. */
  readonly roundNumber: number;
  readonly plan: Plan;
  /** All parameters, flat in the order of `plan.model.parameters`; the caller's own copy. */
  readonly weights: Float32Array;
  /** True when the server named it as the newest just now; false when it was held and the server not asked, or not reached. */
  readonly isNewest: boolean;
}

/** What the client calls itself in its greeting. */
const SOFTWARE = `tributary-js/${VERSION}`;

interface Setup {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
}

/** A device's part in federated training: see the module's example. One client takes part once at a time. */
export class FederatedClient {
  readonly #options: FederatedClientOptions;
  readonly #platform: Platform;
  readonly #limits: Limits;
  readonly #floors: ClientFloors;
  readonly #serverKey: ServerKey;
  readonly #session: SessionOptions;
  readonly #examples: ExampleStore;
  readonly #heldOut: ExampleStore | undefined;
  readonly #cache: ModelCache = new ModelCache();
  readonly #residuals: Residuals = new Residuals();
  readonly #closing: AbortController = new AbortController();
  /** What `close` waits for. */
  readonly #working: Set<Promise<unknown>> = new Set();
  #setup: Promise<Setup> | undefined;
  #kernels: Promise<Kernels> | undefined;
  /** This client's own; the app's is in the options. */
  #trainer: Promise<LocalTrainer> | undefined;
  #participating = false;
  #credentials: Credentials | undefined;

  /**
   * Checks the options; connects to nothing yet.
   * @throws TributaryError `BAD_PARAMETER` or `INSECURE_URL`.
   */
  constructor(options: FederatedClientOptions, deps: FederatedClientDeps = {}) {
    this.#options = options;
    this.#platform = { ...platform, ...deps };
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#floors = resolveFloors(options.floors ?? {}, this.#limits);
    this.#serverKey = parseServerKey(options.serverKey);
    this.#session = {
      url: checkServerUrl(options.url),
      serverKey: this.#serverKey,
      limits: this.#limits,
      tls: options.tls,
      software: SOFTWARE,
      oldestVersion: this.#floors.oldestProtocolVersion,
    };
    populationName(options.population);
    checkCredentials(options, this.#limits.maxEnrolmentTokenBytes);
    const { examples, heldOut } = options;
    this.#examples = storeOf(examples);
    this.#heldOut = heldOut === undefined ? undefined : storeOf(heldOut);
  }

  /**
   * Takes part in rounds until stopped: by `signal`, by leaving the loop (`break`), or by `close`. It then withdraws
   * from the round it is in and the iterator is done; stopping throws nothing. A lost connection is made again after
   * a wait that is drawn anew each time and doubles up to a minute.
   *
   * Work begins with the first `next` and goes on beside the reader. A reader who falls behind loses `training`
   * events only; one who stops reading without leaving makes the client stop before its next check-in.
   * @returns Events, to be read by one reader. The iterator throws a TributaryError when trying again cannot help:
   *   `SERVER_KEY_MISMATCH`, `HANDSHAKE_FAILED`, `VERSION_UNSUPPORTED`, `PLAN_SIGNATURE_INVALID`, `DEVICE_REVOKED`,
   *   `ENGINE_UNAVAILABLE`, `EXAMPLES_INVALID` when there are no examples to check in with, `BAD_PARAMETER` when this
   *   client already takes part or is closed.
   */
  participate(
    options: ParticipateOptions = {},
  ): AsyncIterableIterator<ParticipationEvent, undefined, undefined> {
    return new EventStream(
      (events, signal) => {
        if (this.#participating) {
          return Promise.reject(
            new TributaryError("BAD_PARAMETER", "This client already takes part", {
              remedy: "Leave the other loop first, or make a client for each.",
            }),
          );
        }
        this.#participating = true;
        return this.#work(async () => {
          const { crypto, random } = await abortable(this.#ready(), signal);
          const trainer = await abortable(this.#readyTrainer(), signal);
          const wait = random.derive("wait");
          const deps = {
            ...this.#sessionDeps(crypto),
            population: this.#options.population,
            credentials: this.#credentialsWith(crypto),
            floors: this.#floors,
            limits: this.#limits,
            cache: this.#cache,
            examples: this.#examples,
            heldOut: this.#heldOut,
            trainer,
            kernels: () => this.#readyKernels(),
            residuals: this.#residuals,
            random,
            events,
            reconnect: new Backoff(wait),
            retry: new Backoff(wait),
          };
          await participate(deps, this.#session, signal);
        })
          .catch((error: unknown) => {
            if (!signal.aborted || !isTributaryError(error, "ABORTED")) throw error;
          })
          .finally(() => {
            this.#participating = false;
          });
      },
      options.signal,
      this.#closing.signal,
    );
  }

  /**
   * The newest checkpoint of the population, verified like those of rounds, as a tfjs model: a new one each time, to
   * be disposed of by the caller. See `checkpoint` for what happens without a connection.
   * @throws TributaryError as `checkpoint`; `MODEL_UNSUPPORTED` when tfjs cannot build it.
   */
  async model(options: ModelOptions = {}): Promise<LayersModel> {
    const { model } = await this.#newest(options.signal);
    return this.#platform.createModel(model.plan.plan.model, model.checkpoint.weights);
  }

  /**
   * The newest checkpoint of the population, without tfjs. The server is asked each time, over a connection of its
   * own, and sends only what this client does not hold. When it cannot be reached, the checkpoint that was verified
   * last is the answer, if there is one: `isNewest` tells. Doubt about the server never falls back.
   * @throws TributaryError `MODEL_UNAVAILABLE` when there is none yet; `ENROLMENT_REQUIRED` and the like when the client may
   *   not have it; `CONNECTION_FAILED` and the like when nothing is held; what participation throws for a server or a plan that cannot be trusted; `ABORTED`.
   */
  async checkpoint(options: ModelOptions = {}): Promise<Checkpoint> {
    const { model, isNewest } = await this.#newest(options.signal);
    return copyOf(model, isNewest);
  }

  /**
   * The checkpoint that was verified last, without asking the server: after a `downloaded` event of a training round, the one
   * that the round trains from.
   * @returns `undefined` while none is held; `isNewest` is false, since nobody was asked.
   */
  heldCheckpoint(): Checkpoint | undefined {
    const held = this.#cache.newest;
    return held === undefined ? undefined : copyOf(held, false);
  }

  /**
   * Stops everything: participation ends as by its signal, requests reject with `ABORTED`, and a trainer that this
   * client made is disposed. Resolves when all is let go of. Idempotent.
   */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#working);
    const trainer = await this.#trainer?.catch(() => undefined);
    this.#trainer = undefined;
    trainer?.dispose();
  }

  async #newest(
    signal: AbortSignal | undefined,
  ): Promise<{ readonly model: CachedModel; readonly isNewest: boolean }> {
    this.#requireOpen();
    const stop = new LinkedAbort(signal, this.#closing.signal);
    try {
      const model = await this.#work(async () => {
        const { crypto } = await abortable(this.#ready(), stop.signal);
        const { population } = this.#options;
        const credentials = this.#credentialsWith(crypto);
        const request = { population, credentials, held: this.#cache.held() };
        return requestModel(this.#sessionDeps(crypto), this.#session, request, stop.signal);
      });
      this.#cache.keep(model);
      return { model, isNewest: true };
    } catch (error) {
      if (stop.signal.aborted) throw aborted();
      const held = this.#cache.newest;
      if (held === undefined || !isTributaryError(error) || !OFFLINE.has(error.code)) throw error;
      return { model: held, isNewest: false };
    } finally {
      stop.unlink();
    }
  }

  #sessionDeps(crypto: CryptoProvider): SessionDeps {
    const { connect, clock } = this.#platform;
    const verifier = new PlanVerifier({
      crypto,
      serverKey: this.#serverKey,
      floors: this.#floors,
      population: this.#options.population,
    });
    const kernels = (): Promise<Kernels> => this.#readyKernels();
    const deps = { crypto, verifier, floors: this.#floors, limits: this.#limits, kernels };
    return {
      connect,
      clock,
      crypto,
      openDelivery: (message, held) =>
        new ModelDelivery(
          deps,
          message.delivery,
          held,
          message.type === "roundConfiguration" ? message.taskName : undefined,
        ),
    };
  }

  /** One for this client's life, so that a key store is asked once. */
  #credentialsWith(crypto: CryptoProvider): Credentials {
    const { population, token, deviceKey } = this.#options;
    this.#credentials ??= new Credentials(crypto, { population, token, deviceKey });
    return this.#credentials;
  }

  #ready(): Promise<Setup> {
    this.#setup ??= this.#platform.createCrypto().then(
      (crypto) => ({ crypto, random: this.#options.random ?? cryptographicRandom(crypto) }),
      (error: unknown) => {
        // What could not be loaded now may be there the next time.
        this.#setup = undefined;
        throw error;
      },
    );
    return this.#setup;
  }

  /** Made when the first update is encoded, or the first model unpacked. */
  #readyKernels(): Promise<Kernels> {
    this.#kernels ??= this.#platform.createKernels().catch((error: unknown) => {
      this.#kernels = undefined;
      throw error;
    });
    return this.#kernels;
  }

  /** The app's trainer, or one that is made when it is first needed. */
  #readyTrainer(): Promise<LocalTrainer> {
    const { trainer, engine, backend, wasmPaths } = this.#options;
    if (trainer !== undefined) return Promise.resolve(trainer);
    this.#trainer ??= this.#platform
      .createTrainer({
        ...(engine === undefined ? {} : { engine }),
        ...(backend === undefined ? {} : { backend }),
        ...(wasmPaths === undefined ? {} : { wasmPaths }),
      })
      .catch((error: unknown) => {
        this.#trainer = undefined;
        throw error;
      });
    return this.#trainer;
  }

  /** Runs something that `close` stops and waits for. */
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

const storeOf = (examples: Examples | ExampleStore): ExampleStore =>
  "load" in examples ? examples : memoryExampleStore(examples);

/** Errors after which a checkpoint that is held is better than none: the server was not reached, or was cut off. */
const OFFLINE: ReadonlySet<string> = new Set([
  "CONNECTION_FAILED",
  "CONNECTION_LOST",
  "TIMED_OUT",
  "SERVER_STOPPING",
  "TOO_MANY_CONNECTIONS",
  "RATE_LIMITED",
]);
