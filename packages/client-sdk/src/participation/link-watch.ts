import type { Clock } from "@tributary/protocol";
import { LinkedAbort } from "../runtime/abort.ts";
import { sleep } from "../runtime/sleep.ts";
import { ClockLeaps } from "../session/clock-leaps.ts";
import type { NetworkSource } from "../session/network-source.ts";
import type { Session } from "../session/session.ts";
import type { EventSink } from "./event-stream.ts";

/** What the watch works with. */
export interface LinkWatchDeps {
  readonly clock: Clock;
  readonly events: EventSink;
  /** Absent where the platform tells nothing about the network. */
  readonly network?: NetworkSource | undefined;
}

/** How often the clocks are looked at, milliseconds. */
const LOOK_MS = 10_000;

/** How far a device's clock may be from the server's, milliseconds. */
const CLOCK_TOLERANCE_MS = 300_000;

/**
 * What happens around the connection of a participation: changes of the network, sleep, clocks that
 * are wrong. It tells the app, has a connection prove that it still works, and cuts a wait short whose
 * reason is gone.
 */
export class LinkWatch {
  readonly #deps: LinkWatchDeps;
  readonly #leaps: ClockLeaps;
  #session: Session | undefined;
  #wake = (): void => {};
  #cancelLook = (): void => {};
  #unwatch = (): void => {};
  /** What the app was last told of its clock. */
  #toldOffsetMs = 0;

  constructor(deps: LinkWatchDeps) {
    this.#deps = deps;
    this.#leaps = new ClockLeaps(deps.clock);
    const { network, events } = deps;
    if (network === undefined) return;
    this.#unwatch = network.watch((change) => {
      events.push({ type: "network-changed", change });
      this.#hasChanged(change !== "offline");
    });
    this.#lookLater();
  }

  /** Ends the watch. */
  stop(): void {
    this.#cancelLook();
    this.#unwatch();
  }

  /** The session is the present connection from now on. */
  connected(session: Session): void {
    this.#session = session;
    this.look();
    this.#compareClocks(session.welcome.time);
  }

  /** Looks whether the clocks have leapt. @param expectedMs - As in `ClockLeaps.look`. */
  look(expectedMs?: number): void {
    const byMs = this.#leaps.look(expectedMs);
    if (byMs === undefined) return;
    this.#deps.events.push({ type: "clock-leapt", byMs });
    this.#hasChanged(true);
  }

  /**
   * Waits until `ms` milliseconds have passed.
   * @returns True when it ended sooner, because the network may have come back.
   * @throws TributaryError `ABORTED` when `signal` is aborted.
   */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    const waiting = new LinkedAbort(signal);
    const woken = new Promise<true>((resolve) => {
      this.#wake = () => resolve(true);
    });
    try {
      return await Promise.race([
        sleep(this.#deps.clock, ms, waiting.signal).then(() => false),
        woken,
      ]);
    } finally {
      waiting.abort();
      this.#wake = () => {};
    }
  }

  #hasChanged(mayConnect: boolean): void {
    this.#session?.probes?.doubt();
    if (mayConnect) this.#wake();
  }

  /** While nothing else keeps this program awake, its timers tell that it slept. */
  #lookLater(): void {
    this.#cancelLook = this.#deps.clock.schedule(LOOK_MS, () => {
      this.look(LOOK_MS);
      this.#lookLater();
    });
  }

  /** Tells the app once that its clock is wrong, and again when it is wrong by something else. */
  #compareClocks(serverTime: number | undefined): void {
    if (serverTime === undefined) return;
    const ownTime = this.#deps.clock.now();
    const offsetMs = Math.round(ownTime - serverTime);
    const isOff = Math.abs(offsetMs) > CLOCK_TOLERANCE_MS;
    if (!isOff || Math.abs(offsetMs - this.#toldOffsetMs) <= CLOCK_TOLERANCE_MS) return;
    this.#toldOffsetMs = offsetMs;
    this.#deps.events.push({ type: "clock-off", offsetMs });
  }
}
