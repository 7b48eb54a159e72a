import type { Clock, TributaryError } from "@tributary/protocol";
import { SilenceWatch } from "./silence-watch.ts";

/** What the probes of one connection work with. */
export interface ProbesDeps {
  readonly clock: Clock;
  /** As in `SilenceWatch`; undefined where the socket notices silence by itself. */
  readonly intervalMs: number | undefined;
  /** Bytes that the network has not taken yet. */
  readonly unsentBytes: () => number;
  readonly send: (sentBytes: number) => void;
  /** Called once, when the connection is given up. */
  readonly onSilence: (error: TributaryError) => void;
}

/**
 * The probes of one connection, to a server that answers them. An answer is a sign of life, and says
 * which bytes of a report have come.
 */
export class Probes {
  readonly #deps: ProbesDeps;
  readonly #silence: SilenceWatch | undefined;
  /** Bytes of the report that were sent before the last probe. */
  #sentBytes = 0;
  #onCame: ((bytes: number) => void) | undefined;

  constructor(deps: ProbesDeps) {
    this.#deps = deps;
    const { intervalMs } = deps;
    if (intervalMs === undefined) return;
    const probe = (): void => this.probe(this.#sentBytes);
    this.#silence = new SilenceWatch({ ...deps, intervalMs, probe });
  }

  /** Sends a probe. @param sentBytes - All bytes of the report that were sent so far. */
  probe(sentBytes: number): void {
    this.#sentBytes = sentBytes;
    this.#deps.send(sentBytes);
  }

  /** Takes the answer to a probe. A server cannot claim more than was sent. */
  answered(sentBytes: number): void {
    if (sentBytes <= this.#sentBytes) this.#onCame?.(sentBytes);
  }

  /**
   * Calls `listener` with the bytes of the report that have come, whenever the server tells it. It
   * takes the place of the listener before it.
   */
  whenCome(listener: ((bytes: number) => void) | undefined): void {
    this.#onCame = listener;
  }

  /** Takes note that bytes have come, of whatever. */
  heard(): void {
    this.#silence?.heard();
  }

  /** Probes at once, and gives the connection up soon when nothing comes. */
  doubt(): void {
    this.#silence?.doubt();
  }

  /** Ends the watch for silence; idempotent. */
  stop(): void {
    this.#silence?.stop();
  }
}
