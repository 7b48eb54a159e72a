import { isTributaryError, type RoundPurpose } from "@tributary/protocol";
import { webWorkerEndpoint } from "@tributary/protocol/worker-port";
import type { Checkpoint, ClientCore, NewestRequest } from "../client-core/client-core.ts";
import type { ClientSettings } from "../client-core/client-settings.ts";
import type { DryRun } from "../participation/dry-run.ts";
import type { EventSink } from "../participation/event-stream.ts";
import type { ThreadPlatform } from "../platform/platform.ts";
import { LinkedAbort, abortable } from "../runtime/abort.ts";
import { LoadOnce } from "../runtime/load-once.ts";
import { inOneTab, type TabLocks } from "./one-tab.ts";
import { reasonToStay } from "./crossing-options.ts";
import { waysToStart, type WayToStart } from "./start-worker.ts";

/** Opens a client's core in a browser: in a Worker where that is possible, else in the page. */
export function openCore(
  settings: ClientSettings,
  platform: ThreadPlatform,
  hasOwnParts: boolean,
): ClientCore {
  const { worker = "auto" } = settings.options;
  const reason =
    typeof Worker === "undefined"
      ? "this browser has no Workers"
      : reasonToStay(settings.options, hasOwnParts);
  const ways = worker === false ? [] : waysToStart(worker);
  return new PlacedCore(settings, platform, ways, reason, navigator.locks);
}

/** How many Workers may die in one participation before it fails. */
const FORGIVEN_DEATHS = 1;

/** Where a client works, and why there. */
interface Place {
  readonly core: ClientCore;
  readonly thread: "worker" | "page";
  /** A clause for people to read. */
  readonly reason: string;
}

/** The `ClientCore` of a page. It chooses the thread when there is work for the first time. */
export class PlacedCore implements ClientCore {
  readonly #settings: ClientSettings;
  readonly #platform: ThreadPlatform;
  readonly #ways: readonly WayToStart[];
  readonly #locks: TabLocks | undefined;
  #place: LoadOnce<Place>;
  /** Set once the place is there. */
  #core: ClientCore | undefined;
  #isPaused = false;
  /** Ends the participation where it is, so that it goes on elsewhere. */
  #move: (() => void) | undefined;
  /** Why this client works in the page; undefined while a Worker may do. */
  #reasonToStay: string | undefined;

  constructor(
    settings: ClientSettings,
    platform: ThreadPlatform,
    ways: readonly WayToStart[],
    reasonToStay: string | undefined,
    locks: TabLocks | undefined,
  ) {
    this.#locks = locks;
    this.#settings = settings;
    this.#platform = platform;
    this.#ways = ways;
    this.#reasonToStay = reasonToStay;
    this.#place = new LoadOnce(() => this.#open());
  }

  async participate(events: EventSink, signal: AbortSignal): Promise<void> {
    const { oneTab = true } = this.#settings.options;
    if (!oneTab) return this.#participate(events, signal);
    const { population, session } = this.#settings;
    return inOneTab(
      { name: `tributary ${session.url} ${population}`, locks: this.#locks, signal },
      () => events.push({ type: "waiting-for-tab" }),
      () => this.#participate(events, signal),
    );
  }

  async #participate(events: EventSink, signal: AbortSignal): Promise<void> {
    for (let deaths = 0; ;) {
      const place = this.#place;
      const { core, thread, reason } = await abortable(place.get(), signal);
      events.push({ type: "thread-chosen", thread, reason });
      const stop = new LinkedAbort(signal);
      let isMoving = false;
      this.#move = () => {
        isMoving = true;
        stop.abort();
      };
      try {
        await core.participate(events, stop.signal);
        if (!isMoving) return;
      } catch (error) {
        // A Worker that has died has another in its place by now. One that dies again would not stop.
        const hasDied = place !== this.#place && !isMoving;
        if (signal.aborted || !(isMoving || (hasDied && ++deaths <= FORGIVEN_DEATHS))) throw error;
      } finally {
        this.#move = undefined;
        stop.unlink();
      }
      await core.dispose();
    }
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#core?.setPaused(isPaused);
  }

  newest(request: NewestRequest, signal: AbortSignal): Promise<Checkpoint> {
    return this.#ask((core) => core.newest(request, signal), signal);
  }

  dryRun(purpose: RoundPurpose, signal: AbortSignal): Promise<DryRun> {
    return this.#ask((core) => core.dryRun(purpose, signal), signal);
  }

  held(): Checkpoint | undefined {
    return this.#core?.held();
  }

  async dispose(): Promise<void> {
    const place = await this.#place.take()?.catch(() => undefined);
    await place?.core.dispose();
  }

  /** Asks the core where it is, and again where it has moved meanwhile. */
  async #ask<T>(ask: (core: ClientCore) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      const place = this.#place;
      const { core } = await abortable(place.get(), signal);
      try {
        return await ask(core);
      } catch (error) {
        if (place === this.#place || signal.aborted) throw error;
        // A participation that moves disposes the core itself, when it has left.
        if (this.#move === undefined) await core.dispose();
      }
    }
  }

  /** Tries the ways to a Worker one after the other. The page is the last resort. */
  async #open(): Promise<Place> {
    const place = await this.#openWorker();
    place.core.setPaused(this.#isPaused);
    this.#core = place.core;
    return place;
  }

  async #openWorker(): Promise<Place> {
    const failures: string[] = [];
    const ways = this.#ways;
    for (const way of this.#reasonToStay === undefined ? ways : []) {
      try {
        // A page that cannot have a Worker needs no side of one.
        const { WorkerCore } = await import("./worker-core.ts");
        const core = await WorkerCore.open(
          webWorkerEndpoint(await way.start()),
          this.#settings,
          this.#platform.device,
          {
            onOutOfReach: (reason) => this.#stay(reason),
            onDeath: () => this.#forget(),
          },
        );
        return { core, thread: "worker", reason: `the Worker was started from ${way.name}` };
      } catch (error) {
        failures.push(`from ${way.name}: ${causeOf(error)}`);
      }
    }
    const reason =
      this.#reasonToStay ?? `no Worker could be started (${failures.join("; ")}). ${REMEDY}`;
    const { OwnThreadCore } = await import("../client-core/own-thread.ts");
    return { core: new OwnThreadCore(this.#settings, this.#platform), thread: "page", reason };
  }

  /** Works in the page from now on. */
  #stay(reason: string): void {
    this.#reasonToStay = `the Worker cannot do what is asked: ${reason}`;
    this.#forget();
    this.#move?.();
  }

  /** Opens the core anew for whatever is asked next. */
  #forget(): void {
    this.#place = new LoadOnce(() => this.#open());
  }
}

const REMEDY =
  "Allow blob: in the policy's worker-src, or give the option worker the address of a copy of @tributary/client-sdk/worker.";

function causeOf(error: unknown): string {
  const cause = isTributaryError(error) ? (error.cause ?? error.message) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
