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
import { openCore } from "#client-core";
import { platform } from "#platform";
import type { LayersModel } from "@tensorflow/tfjs";
import { TributaryError, isTributaryError, type RoundPurpose } from "@tributary/protocol";
import type { Checkpoint, ClientCore } from "./client-core/client-core.ts";
import type { FederatedClientOptions } from "./client-core/client-options.ts";
import { clientSettings } from "./client-core/client-settings.ts";
import type { DryRun } from "./participation/dry-run.ts";
import { EventStream, type EventSink } from "./participation/event-stream.ts";
import type { ParticipationEvent } from "./participation/participation-event.ts";
import type { Platform } from "./platform/platform.ts";
import { LinkedAbort, aborted } from "./runtime/abort.ts";

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

/** Options of `FederatedClient.dryRun`. */
export interface DryRunOptions extends ModelOptions {
  /** Which round is tried; `training` unless set. */
  readonly purpose?: RoundPurpose | undefined;
}

/**
 * One device's part in federated training; see the example at the top of this module. A client runs
 * one `participate()` at a time; the other calls may run beside it.
 */
export class FederatedClient {
  readonly #core: ClientCore;
  readonly #createModel: Platform["createModel"];
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
    const settings = clientSettings(options);
    const ownPlatform = { ...platform, ...deps };
    this.#createModel = ownPlatform.createModel;
    this.#core = openCore(settings, ownPlatform, Object.keys(deps).length > 0);
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
   * Holds the client: it stops training within a batch, and does not check in. It stays in its round
   * as long as the round lasts, and keeps its connection. The event `paused` tells when. It does no
   * harm when the client is paused already, or does not take part: it then begins paused.
   */
  pause(): void {
    this.#core.setPaused(true);
  }

  /** Lets a paused client go on where it is. The event `continued` tells when. */
  resume(): void {
    this.#core.setPaused(false);
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
    const { plan, weights } = await this.#request(
      (core, signal) => core.newest({ personal: true }, signal),
      options.signal,
    );
    return this.#createModel(plan.model, weights);
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
  checkpoint(options: ModelOptions = {}): Promise<Checkpoint> {
    return this.#request(
      (core, signal) => core.newest({ personal: false }, signal),
      options.signal,
    );
  }

  /**
   * Returns the checkpoint that this client has verified last, without asking the server. After the
   * `downloaded` event of a training round, that is the checkpoint from which the round trains.
   * @returns The checkpoint with `isNewest` false; `undefined` while the client holds none.
   */
  heldCheckpoint(): Checkpoint | undefined {
    return this.#core.held();
  }

  /**
   * Does what a round of the newest plan would do on this device and sends nothing of it: for people
   * who want to see before they agree. The plan and the model are asked for as by `checkpoint`.
   * @returns What would be done, and the report that would leave the device, byte for byte. Codecs
   *   that round at random draw anew in each round, unless the app gives a seeded `random`.
   * @throws TributaryError as `checkpoint`; `EXAMPLES_INVALID` and what else keeps the client from
   *   working.
   */
  dryRun({ purpose = "training", signal }: DryRunOptions = {}): Promise<DryRun> {
    return this.#request((core, stop) => core.dryRun(purpose, stop), signal);
  }

  /**
   * Stops everything: participation ends as by its signal, requests reject with `ABORTED`, and a
   * trainer that this client has made is disposed. Resolves when all work has ended. Calling it
   * again does no harm.
   */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#working);
    await this.#core.dispose();
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
      await this.#work(() => this.#core.participate(events, signal));
    } catch (error) {
      if (!signal.aborted || !isTributaryError(error, "ABORTED")) throw error;
    } finally {
      this.#participating = false;
    }
  }

  /** Asks the core something, until `signal` is aborted or the client is closed. */
  async #request<T>(
    ask: (core: ClientCore, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    this.#requireOpen();
    const stop = new LinkedAbort(signal, this.#closing.signal);
    try {
      return await this.#work(() => ask(this.#core, stop.signal));
    } catch (error) {
      if (stop.signal.aborted) throw aborted();
      throw error;
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
