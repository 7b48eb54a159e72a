import { TributaryError } from "@tributary/protocol";

/** What a heartbeat needs of a WebSocket of the package `ws`. */
interface ProbedSocket {
  ping(): void;
  /** Calls the listener with the response that made a WebSocket of the connection. */
  once(event: "upgrade", listener: (response: { readonly socket: ByteCounter }) => void): unknown;
}

/** The connection under the WebSocket. */
interface ByteCounter {
  readonly bytesRead: number;
}

/**
 * Detects a dead connection: it pings when there has been no sign of life for a while, and gives
 * the connection up when there is none for as long again. It is needed because a cable that was
 * pulled sends no close frame.
 *
 * Progress in either direction is a sign of life. Bytes count and not whole messages, since one
 * message may take a slow link longer than the heartbeat's interval.
 */
export class Heartbeat {
  readonly #socket: ProbedSocket;
  readonly #intervalMs: number;
  #stream: ByteCounter | undefined;
  #bytesRead = 0;
  #heard = true;
  #timer: NodeJS.Timeout | undefined;

  /** @param socket - It has not opened yet. */
  constructor(socket: ProbedSocket, intervalMs: number) {
    this.#socket = socket;
    this.#intervalMs = intervalMs;
    socket.once("upgrade", ({ socket: stream }) => (this.#stream = stream));
  }

  /** Call when the network has taken a message. */
  hear(): void {
    this.#heard = true;
  }

  /** @param onSilence - Called when the connection is given up. */
  start(onSilence: (error: TributaryError) => void): void {
    // Whether a ping has been sent since the last sign of life.
    let hasProbed = false;
    const check = (): void => {
      if (this.#timer === undefined) return; // stopped meanwhile
      if (this.#isAlive()) {
        hasProbed = false;
      } else if (hasProbed) {
        onSilence(
          new TributaryError(
            "CONNECTION_LOST",
            `Nothing went to or came from the server for ${2 * this.#intervalMs} ms`,
            { remedy: "Check the network." },
          ),
        );
      } else {
        hasProbed = true;
        this.#socket.ping();
      }
    };
    // After code that has kept the event loop busy, timers come before the bytes that have arrived
    // meanwhile. These are read before an immediate is called.
    this.#timer = setInterval(() => setImmediate(check), this.#intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether there has been a sign of life since the last call. */
  #isAlive(): boolean {
    const bytesRead = this.#stream?.bytesRead ?? 0;
    const isAlive = this.#heard || bytesRead !== this.#bytesRead;
    this.#bytesRead = bytesRead;
    this.#heard = false;
    return isAlive;
  }
}
