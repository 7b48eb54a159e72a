import { fromPlain, type RoundPurpose } from "@tributary/protocol";
import { WorkerPort, serve, type WorkerEndpoint } from "@tributary/protocol/worker-port";
import type { Checkpoint, ClientCore, NewestRequest } from "../client-core/client-core.ts";
import type { ClientSettings } from "../client-core/client-settings.ts";
import type { DeviceConditions } from "../conditions/device-conditions.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import { storeOf } from "../examples/store-of.ts";
import type { DryRun } from "../participation/dry-run.ts";
import type { EventSink } from "../participation/event-stream.ts";
import { throwIfAborted } from "../runtime/abort.ts";
import { crossingOptions, type StoreInPage, type StoreName } from "./crossing-options.ts";
import type { CoreTalk, PageTalk } from "./conversations.ts";
import { pageAnswers } from "./page-answers.ts";

/** What a `WorkerCore` tells whoever has opened it. */
export interface WorkerCoreEvents {
  /** No engine that works in a Worker can do what the server asks for. */
  readonly onOutOfReach: (reason: string) => void;
  /** The Worker has ended by itself, after it had been opened. */
  readonly onDeath: () => void;
}

/** How long a Worker may take until it answers, milliseconds. What does not is another script. */
const LONGEST_START_MS = 30_000;

/** The `ClientCore` that works in a Worker: the page's side of `serveCore`. */
export class WorkerCore implements ClientCore {
  readonly #port: WorkerPort<CoreTalk>;
  #events: EventSink | undefined;
  #held: Checkpoint | undefined;

  #stopWatching: () => void = () => {};

  private constructor(port: WorkerPort<CoreTalk>) {
    this.#port = port;
  }

  /**
   * Opens the core in a Worker that has been started.
   * @throws TributaryError `INTERNAL` when the Worker's script cannot be loaded or is another one;
   *   the Worker is ended then.
   */
  static async open(
    endpoint: WorkerEndpoint,
    { options }: ClientSettings,
    device: DeviceConditions,
    { onOutOfReach, onDeath }: WorkerCoreEvents,
  ): Promise<WorkerCore> {
    let isOpen = false;
    const port = new WorkerPort<CoreTalk>(endpoint, {
      name: "The client's Worker",
      onDeath: () => isOpen && onDeath(),
    });
    const core = new WorkerCore(port);
    const { examples, heldOut } = options;
    const stores: Partial<Record<StoreName, ExampleStore>> = {
      examples: storeOf(examples),
      ...(heldOut === undefined ? {} : { heldOut: storeOf(heldOut) }),
    };
    serve<PageTalk>(
      endpoint,
      pageAnswers({
        options,
        stores,
        events: () => core.#events,
        onHeld: (checkpoint) => (core.#held = checkpoint),
        onOutOfReach,
        watchDevice: (isWatched) => core.#watch(isWatched ? device : undefined),
      }),
    );
    const crossing = crossingOptions(options, {
      examples: describe(stores.examples),
      heldOut: describe(stores.heldOut),
    });
    try {
      const signal = AbortSignal.timeout(LONGEST_START_MS);
      await port.ask("open", crossing, { signal });
      isOpen = true;
      return core;
    } catch (error) {
      await port.close();
      throw error;
    }
  }

  async participate(events: EventSink, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    // The Worker is told to leave and answers when it has left: an aborted request would be answered
    // at once, while the Worker still withdraws from its round.
    const leave = (): void => this.#port.tell("leave", undefined);
    signal.addEventListener("abort", leave, { once: true });
    this.#events = events;
    try {
      await this.#port.ask("participate", undefined);
    } finally {
      this.#events = undefined;
      signal.removeEventListener("abort", leave);
    }
  }

  setPaused(isPaused: boolean): void {
    this.#port.tell("setPaused", isPaused);
  }

  newest(request: NewestRequest, signal: AbortSignal): Promise<Checkpoint> {
    return this.#port.ask("newest", request, { signal });
  }

  async dryRun(purpose: RoundPurpose, signal: AbortSignal): Promise<DryRun> {
    const { refused, ...result } = await this.#port.ask("dryRun", purpose, { signal });
    return { ...result, refused: refused && fromPlain(refused) };
  }

  held(): Checkpoint | undefined {
    const held = this.#held;
    return held === undefined ? undefined : { ...held, weights: held.weights.slice() };
  }

  dispose(): Promise<void> {
    this.#watch(undefined);
    return this.#port.close();
  }

  /** Tells the Worker what a device is like, in place of the one before. */
  #watch(device: DeviceConditions | undefined): void {
    this.#stopWatching();
    this.#stopWatching = device?.watch((state) => this.#port.tell("device", state)) ?? (() => {});
  }
}

const describe = (store: ExampleStore | undefined): StoreInPage | undefined =>
  store === undefined ? undefined : { hasTable: "table" in store };
