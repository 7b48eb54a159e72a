import { TributaryError, type Clock } from "@tributary/protocol";

/** What the watch of one connection works with. */
export interface SilenceWatchDeps {
  readonly clock: Clock;
  /** The silence after which a probe is sent, and how long its answer may take, milliseconds. */
  readonly intervalMs: number;
  /** Sends a probe, which the server answers at once. */
  readonly probe: () => void;
  /** Bytes that the network has not taken yet. */
  readonly unsentBytes: () => number;
  /** Called once, when the connection is given up. */
  readonly onSilence: (error: TributaryError) => void;
}

/** How long the answer may take where something has happened to the network, milliseconds. */
const SHORT_PATIENCE_MS = 5_000;

/**
 * A timer that comes later than this, milliseconds, says nothing about the connection, once: this
 * program did not run, and what has come meanwhile may still wait to be read.
 */
const LATE_MS = 1_000;

/**
 * Notices when nothing comes from the server any more, on platforms whose WebSockets cannot send
 * pings. After `intervalMs` of silence a probe goes out; when nothing has come for as long again, the
 * connection is given up. So a dead connection is noticed after twice `intervalMs`.
 */
export class SilenceWatch {
  readonly #deps: SilenceWatchDeps;
  /** When there was the last sign of life, by `elapsedMs`. */
  #heardMs: number;
  /** Whether a probe has no answer yet. */
  #isProbed = false;
  /** Bytes that the network had not taken at the last look. */
  #unsentBytes = 0;
  /** Whether a timer has come late since the last sign of life. */
  #wasLate = false;
  #cancel = (): void => {};

  constructor(deps: SilenceWatchDeps) {
    this.#deps = deps;
    this.#heardMs = deps.clock.elapsedMs();
    this.#look(deps.intervalMs);
  }

  /** Takes note of a sign of life: bytes have come, or the network has taken some. */
  heard(): void {
    this.#heardMs = this.#deps.clock.elapsedMs();
    this.#isProbed = false;
    this.#wasLate = false;
  }

  /** Probes at once, and gives up soon: the connection may not have survived what has happened. */
  doubt(): void {
    this.#probe(Math.min(SHORT_PATIENCE_MS, this.#deps.intervalMs));
  }

  /** Ends the watch; idempotent. */
  stop(): void {
    this.#cancel();
  }

  #probe(patienceMs: number): void {
    this.#isProbed = true;
    this.#deps.probe();
    this.#look(patienceMs);
  }

  /** Looks after a while whether something has come. */
  #look(afterMs: number): void {
    const { clock } = this.#deps;
    const dueMs = clock.elapsedMs() + afterMs;
    this.#cancel();
    this.#cancel = clock.schedule(afterMs, () => this.#check(clock.elapsedMs() - dueMs > LATE_MS));
  }

  #check(isLate: boolean): void {
    const { clock, intervalMs, onSilence, unsentBytes } = this.#deps;
    const unsent = unsentBytes();
    if (unsent < this.#unsentBytes) this.heard();
    this.#unsentBytes = unsent;
    const nowMs = clock.elapsedMs();
    if (!this.#isProbed) {
      const leftMs = this.#heardMs + intervalMs - nowMs;
      if (leftMs > 0) this.#look(leftMs);
      else this.#probe(intervalMs);
    } else if (isLate && !this.#wasLate) {
      this.#wasLate = true;
      this.doubt();
    } else {
      const silenceMs = Math.round(nowMs - this.#heardMs);
      onSilence(
        new TributaryError("CONNECTION_LOST", `Nothing came from the server for ${silenceMs} ms`, {
          remedy: "Check the network.",
          context: { cause: "silent" },
        }),
      );
    }
  }
}
