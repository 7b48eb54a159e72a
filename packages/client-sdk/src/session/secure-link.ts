import {
  ERROR_CODES,
  PROTOCOL_CONSTANTS,
  TributaryError,
  WEBSOCKET_SUBPROTOCOL,
  asTributaryError,
  cryptographicRandom,
  decodeFrame,
  decodeServerMessage,
  encodeClientMessage,
  encodeFrame,
  sealRecordFrame,
  startHandshake,
  type Channel,
  type ClientCrypto,
  type ClientMessage,
  type Limits,
  type ServerKey,
  type ServerMessage,
  type StartedHandshake,
} from "@tributary/protocol";
import type { SealedChunk } from "../trust/model-delivery.ts";
import type { ConnectionAgent, Socket, SocketConnector, SocketEnd, TlsOptions } from "./socket.ts";

/** What a link tells its session. */
export interface LinkEvents {
  /** The channel is open: the server has proved that it holds the pinned key. */
  opened(): void;
  /** A message of valid form has arrived. What this throws ends the link. */
  message(message: ServerMessage): void;
  /** A piece of a sealed artifact has arrived. What this throws ends the link. */
  chunk(chunk: SealedChunk): void;
  /** Bytes have come, of whatever. */
  heard(): void;
  /** The link has ended because of `error`. This is the last event and comes exactly once. */
  closed(error: TributaryError): void;
}

/** Where a link leads to. */
export interface LinkOptions {
  readonly url: string;
  /** The pinned key that the server must prove to hold. */
  readonly serverKey: ServerKey;
  readonly limits: Limits;
  readonly tls?: TlsOptions | undefined;
  readonly agent?: ConnectionAgent | undefined;
}

/** What a link works with. */
export interface LinkDeps {
  readonly connect: SocketConnector;
  readonly crypto: ClientCrypto;
}

/**
 * The states of a link, in order; it can go from each of them to `closed`. While it is `greeting`
 * and `proving`, the cryptography of the handshake is at work, and nothing may arrive.
 */
type LinkState =
  | { readonly phase: "connecting" }
  | { readonly phase: "greeting" }
  | { readonly phase: "handshaking"; readonly handshake: StartedHandshake }
  | { readonly phase: "proving"; readonly handshake: StartedHandshake }
  | { readonly phase: "open"; readonly channel: Channel }
  | { readonly phase: "closed" };

/**
 * A WebSocket together with the encrypted channel on it: messages go in and come out. The link
 * checks the form of everything that arrives; the session decides whether it is allowed at that
 * moment. No method throws, and neither do the socket's handlers: whatever a faulty or hostile
 * server sends ends the link with `closed`.
 */
export class SecureLink {
  readonly #events: LinkEvents;
  readonly #options: LinkOptions;
  readonly #deps: LinkDeps;
  readonly #socket: Socket;
  #state: LinkState = { phase: "connecting" };
  #bytesUp = 0;
  #bytesDown = 0;

  constructor(deps: LinkDeps, options: LinkOptions, events: LinkEvents) {
    this.#deps = deps;
    this.#options = options;
    this.#events = events;
    const request = {
      url: options.url,
      subprotocol: WEBSOCKET_SUBPROTOCOL,
      maxFrameBytes: PROTOCOL_CONSTANTS.maxServerFrameBytes,
      heartbeatIntervalMs: options.limits.heartbeatIntervalMs,
      tls: options.tls,
      agent: options.agent,
    };
    this.#socket = deps.connect(request, {
      opened: () => void this.#greet(),
      frame: (bytes) => this.#guard(() => this.#receive(bytes)),
      text: () =>
        this.fail(new TributaryError("MALFORMED_FRAME", "The server sent a text message")),
      closed: (end) => this.#end(closeError(end, this.#state.phase)),
    });
  }

  /** Bytes of all WebSocket messages that were sent and received so far. */
  get traffic(): { readonly up: number; readonly down: number } {
    return { up: this.#bytesUp, down: this.#bytesDown };
  }

  /** Bytes that the network has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Whether the socket notices by itself when nothing comes any more. */
  get noticesSilence(): boolean {
    return this.#socket.noticesSilence === true;
  }

  /**
   * A value that both ends of this channel know and that no other channel has; undefined unless the
   * channel is open. A device proof signs it.
   */
  get handshakeHash(): Uint8Array | undefined {
    return this.#state.phase === "open" ? this.#state.channel.handshakeHash : undefined;
  }

  /** Encrypts and queues a message. It does nothing once the link has ended. */
  send(message: ClientMessage): void {
    if (this.#state.phase !== "open") return;
    this.#sendFrame(sealRecordFrame(this.#state.channel, encodeClientMessage(message)));
  }

  /** Resolves when at most `maxBufferedSendBytes` are still queued, or when the link has ended. */
  drained(): Promise<void> {
    return this.#socket.drained(this.#options.limits.maxBufferedSendBytes);
  }

  /**
   * Ends the link because of `error`. The socket is closed with the close code that belongs to the
   * error.
   */
  fail(error: TributaryError): void {
    if (this.#state.phase === "closed") return;
    this.#socket.close(ERROR_CODES[error.code].close ?? 1000, error.code);
    this.#end(error);
  }

  /** Starts the handshake when the socket has opened. */
  async #greet(): Promise<void> {
    if (this.#state.phase !== "connecting") return;
    const greeting = { phase: "greeting" } as const;
    this.#state = greeting;
    const { crypto } = this.#deps;
    try {
      // The keys of a channel always come from the cryptographic source: a seeded source would draw
      // the same key for every connection.
      const handshake = await startHandshake({
        crypto,
        random: cryptographicRandom(crypto),
        serverChannelKey: this.#options.serverKey.channel,
      });
      if (this.#state !== greeting) {
        handshake.abandon();
        return;
      }
      this.#state = { phase: "handshaking", handshake };
      this.#sendFrame(encodeFrame({ kind: "handshake", body: handshake.message }));
    } catch (error) {
      this.fail(asTributaryError(error));
    }
  }

  /** Finishes the handshake with the server's answer. */
  async #prove(handshake: StartedHandshake, reply: Uint8Array): Promise<void> {
    const proving = { phase: "proving", handshake } as const;
    this.#state = proving;
    try {
      const channel = await finishHandshake(handshake, reply);
      if (this.#state !== proving) {
        channel.close();
        return;
      }
      this.#state = { phase: "open", channel };
      this.#events.opened();
    } catch (error) {
      this.fail(asTributaryError(error));
    }
  }

  /** Decodes a frame and passes it on according to the state of the link. */
  #receive(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.phase === "closed") return;
    this.#bytesDown += bytes.length;
    this.#events.heard();
    const { maxServerFrameBytes } = PROTOCOL_CONSTANTS;
    if (bytes.length > maxServerFrameBytes) {
      throw new TributaryError(
        "FRAME_TOO_LARGE",
        `The server sent a frame of ${bytes.length} bytes, and at most ${maxServerFrameBytes} are allowed`,
      );
    }
    const frame = decodeFrame(bytes);
    if (state.phase === "handshaking" && frame.kind === "handshake") {
      void this.#prove(state.handshake, frame.body);
    } else if (state.phase === "open" && frame.kind === "record") {
      this.#events.message(decodeServerMessage(state.channel.open(frame.body)));
    } else if (state.phase === "open" && frame.kind === "sealedChunk") {
      this.#events.chunk(frame);
    } else {
      throw new TributaryError(
        "UNEXPECTED_MESSAGE",
        `A ${frame.kind} frame arrived while the connection was ${state.phase}`,
      );
    }
  }

  /** Queues a frame, and counts its bytes. */
  #sendFrame(bytes: Uint8Array): void {
    this.#bytesUp += bytes.length;
    this.#socket.send(bytes);
  }

  /** Runs a handler. Whatever it throws ends the link. */
  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.fail(asTributaryError(error));
    }
  }

  /** Ends the link, erases the channel's keys, and tells the session. */
  #end(error: TributaryError): void {
    const state = this.#state;
    if (state.phase === "closed") return;
    this.#state = { phase: "closed" };
    if (state.phase === "handshaking" || state.phase === "proving") state.handshake.abandon();
    if (state.phase === "open") state.channel.close();
    this.#events.closed(error);
  }
}

/**
 * @throws TributaryError `SERVER_KEY_MISMATCH` when the server's answer does not prove the pinned
 *   key.
 */
async function finishHandshake(handshake: StartedHandshake, reply: Uint8Array): Promise<Channel> {
  try {
    return await handshake.finish(reply);
  } catch (error) {
    throw keyMismatch(error);
  }
}

/** The error for a server that does not hold the pinned key. */
function keyMismatch(cause?: unknown): TributaryError {
  return new TributaryError(
    "SERVER_KEY_MISMATCH",
    "The server did not prove that it holds the pinned key",
    {
      remedy:
        "Check the address and compare serverKey with the key that the server prints when it starts.",
      cause,
    },
  );
}

/**
 * Errors that a server tells by its close code alone. Close codes are not authenticated, so these
 * errors decide nothing except how long the client waits.
 */
const TOLD_BY_CLOSE_CODE = [
  "TIMED_OUT",
  "SERVER_STOPPING",
  "TOO_MANY_CONNECTIONS",
  "RATE_LIMITED",
] as const;

/** Finds the error for a socket that has closed. */
function closeError(end: SocketEnd, phase: LinkState["phase"]): TributaryError {
  if (end.error !== undefined) return end.error;
  // When the client has pinned another key, the server cannot read the first handshake message. It
  // can say so only by its close code.
  if (phase === "handshaking" && end.code === ERROR_CODES.HANDSHAKE_FAILED.close) {
    return keyMismatch();
  }
  const context = { closeCode: end.code };
  const told = TOLD_BY_CLOSE_CODE.find((code) => ERROR_CODES[code].close === end.code);
  if (told !== undefined) {
    return new TributaryError(told, `The server ended the connection (${told})`, { context });
  }
  if (phase === "connecting") {
    return new TributaryError("CONNECTION_FAILED", "The server could not be reached", {
      remedy: "Check the address, the network, and that the server runs.",
      context,
    });
  }
  const reason = end.reason === "" ? "" : `, ${end.reason.slice(0, 123)}`;
  return new TributaryError(
    "CONNECTION_LOST",
    `The connection to the server ended (close code ${end.code}${reason})`,
    { context },
  );
}
