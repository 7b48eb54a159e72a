import { TributaryError } from "../errors.ts";

/** What a raw client needs of a WebSocket. The sockets of the package `ws` have it. */
export interface RawSocket {
  /** Sends a binary message. */
  send(bytes: Uint8Array): void;
  /** Sends a ping. */
  ping(): void;
  /** Cuts the connection without a closing handshake. */
  terminate(): void;
  /** Calls the listener with each message. */
  on(event: "message", listener: (data: unknown) => void): unknown;
  /** Calls the listener when the connection fails; `close` follows. */
  on(event: "error", listener: () => void): unknown;
  /** Calls the listener at the next event of this kind. */
  once(event: "open" | "pong", listener: () => void): unknown;
  /** Calls the listener with the close code when the connection has ended. */
  once(event: "close", listener: (code: number) => void): unknown;
  /** Calls the listener when the server refuses the WebSocket with an HTTP status. */
  once(
    event: "unexpected-response",
    listener: (request: unknown, response: { readonly statusCode?: number | undefined }) => void,
  ): unknown;
}

/** A WebSocket whose messages are read one by one, in the order in which they came. */
export class RawConnection<Socket extends RawSocket = RawSocket> {
  readonly socket: Socket;
  /**
   * Resolves when the WebSocket is open. Rejects with `CONNECTION_FAILED` when the server refuses
   * it; the message has the HTTP status, if there is one.
   */
  readonly opened: Promise<void>;
  /** Resolves with the close code, whichever side has closed. */
  readonly closed: Promise<number>;
  /** Messages that have come and were not read. */
  readonly #queue: Uint8Array[] = [];
  /** Wakes the read that waits for a message. */
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    // An error of the socket is always followed by "close".
    socket.on("error", () => {});
    this.opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_request, response) => {
        reject(new TributaryError("CONNECTION_FAILED", `HTTP ${response.statusCode}`));
        socket.terminate();
      });
      socket.once("close", () =>
        reject(new TributaryError("CONNECTION_FAILED", "The connection was refused")),
      );
    });
    // Some tests wait for `closed` only; a rejection that nobody handles would end the process.
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      socket.once("close", (code) => {
        this.#isClosed = true;
        this.#wake?.();
        resolve(code);
      });
    });
    socket.on("message", (data) => {
      if (data instanceof Uint8Array) this.#queue.push(data);
      this.#wake?.();
    });
  }

  /** Sends one WebSocket message. */
  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /**
   * Waits until the server has handled all that was sent before. It answers a ping in the order in
   * which it reads.
   */
  async settled(): Promise<void> {
    const pong = new Promise<void>((resolve) => this.socket.once("pong", resolve));
    this.socket.ping();
    await pong;
  }

  /**
   * The next message, when it comes. Only one read may wait at a time.
   * @throws TributaryError `CONNECTION_LOST` when the connection has closed and nothing is left.
   */
  protected async nextBytes(): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#queue.shift();
      if (bytes !== undefined) return bytes;
      if (this.#isClosed) {
        throw new TributaryError("CONNECTION_LOST", "The connection is closed");
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
