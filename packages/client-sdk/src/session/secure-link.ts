import {
  ERROR_CODES,
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
  type ClientMessage,
  type CryptoProvider,
  type Limits,
  type ServerKey,
  type ServerMessage,
  type StartedHandshake,
} from "@tributary/protocol";
import type { SealedChunk } from "../trust/model-delivery.ts";
import type { Socket, SocketConnector, SocketEnd, TlsOptions } from "./socket.ts";

/** What a link tells its session. */
export interface LinkEvents {
  /** The server has proved that it holds the pinned key. */
  opened(): void;
  message(message: ServerMessage): void;
  chunk(chunk: SealedChunk): void;
  /** The last event, exactly once. */
  closed(error: TributaryError): void;
}

export interface LinkOptions {
  readonly url: string;
  readonly serverKey: ServerKey;
  readonly limits: Limits;
  readonly tls?: TlsOptions | undefined;
}

export interface LinkDeps {
  readonly connect: SocketConnector;
  readonly crypto: CryptoProvider;
}

type LinkState =
  | { readonly phase: "connecting" }
  | { readonly phase: "handshaking"; readonly handshake: StartedHandshake }
  | { readonly phase: "open"; readonly channel: Channel }
  | { readonly phase: "closed" };

/**
 * A WebSocket with the encrypted channel on it: messages in, messages out. Everything that comes is checked for
 * form here; whether it fits the moment is for the session. No method and no handler throws: a bad peer ends the
 * link with `closed`.
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
    const { limits } = options;
    this.#deps = deps;
    this.#options = options;
    this.#events = events;
    const request = {
      url: options.url,
      subprotocol: WEBSOCKET_SUBPROTOCOL,
      maxFrameBytes: limits.maxServerFrameBytes,
      heartbeatIntervalMs: limits.heartbeatIntervalMs,
      tls: options.tls,
    };
    this.#socket = deps.connect(request, {
      opened: () => this.#guard(() => this.#greet()),
      frame: (bytes) => this.#guard(() => this.#receive(bytes)),
      text: () =>
        this.fail(new TributaryError("MALFORMED_FRAME", "The server sent a text message")),
      closed: (end) => this.#end(closeError(end, this.#state.phase)),
    });
  }

  /** Bytes of the WebSocket messages sent and received so far. */
  get traffic(): { readonly up: number; readonly down: number } {
    return { up: this.#bytesUp, down: this.#bytesDown };
  }

  /** What both ends know of this channel and nobody else can make again; undefined unless it is open. */
  get handshakeHash(): Uint8Array | undefined {
    return this.#state.phase === "open" ? this.#state.channel.handshakeHash : undefined;
  }

  /** Seals and queues a message; does nothing once the link has ended. */
  send(message: ClientMessage): void {
    if (this.#state.phase !== "open") return;
    this.#sendFrame(sealRecordFrame(this.#state.channel, encodeClientMessage(message)));
  }

  /** Resolves when the network has taken enough that sending more does not pile up, or the link has ended. */
  drained(): Promise<void> {
    return this.#socket.drained(this.#options.limits.maxBufferedSendBytes);
  }

  /** Ends the link because of `error`: the socket closes with the error's code. */
  fail(error: TributaryError): void {
    if (this.#state.phase === "closed") return;
    this.#socket.close(ERROR_CODES[error.code].close ?? 1000, error.code);
    this.#end(error);
  }

  #greet(): void {
    if (this.#state.phase !== "connecting") return;
    const { crypto } = this.#deps;
    // Keys of a channel are never seeded: a seeded source would draw the same key for every connection.
    const handshake = startHandshake({
      crypto,
      random: cryptographicRandom(crypto),
      serverChannelKey: this.#options.serverKey.channel,
      rekeyAfterRecords: this.#options.limits.rekeyAfterRecords,
    });
    this.#state = { phase: "handshaking", handshake };
    this.#sendFrame(encodeFrame({ kind: "handshake", body: handshake.message }));
  }

  #receive(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.phase === "closed") return;
    this.#bytesDown += bytes.length;
    const { maxServerFrameBytes } = this.#options.limits;
    if (bytes.length > maxServerFrameBytes) {
      throw new TributaryError(
        "FRAME_TOO_LARGE",
        `The server sent ${bytes.length} bytes in one frame where ${maxServerFrameBytes} are allowed`,
      );
    }
    const frame = decodeFrame(bytes);
    if (state.phase === "handshaking" && frame.kind === "handshake") {
      this.#state = { phase: "open", channel: finishHandshake(state.handshake, frame.body) };
      this.#events.opened();
    } else if (state.phase === "open" && frame.kind === "record") {
      this.#events.message(decodeServerMessage(state.channel.open(frame.body)));
    } else if (state.phase === "open" && frame.kind === "sealedChunk") {
      this.#events.chunk(frame);
    } else {
      throw new TributaryError(
        "UNEXPECTED_MESSAGE",
        `A ${frame.kind} frame came while ${state.phase}`,
      );
    }
  }

  #sendFrame(bytes: Uint8Array): void {
    this.#bytesUp += bytes.length;
    this.#socket.send(bytes);
  }

  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.fail(asTributaryError(error));
    }
  }

  #end(error: TributaryError): void {
    const state = this.#state;
    if (state.phase === "closed") return;
    this.#state = { phase: "closed" };
    if (state.phase === "handshaking") state.handshake.abandon();
    if (state.phase === "open") state.channel.close();
    this.#events.closed(error);
  }
}

function finishHandshake(handshake: StartedHandshake, reply: Uint8Array): Channel {
  try {
    return handshake.finish(reply);
  } catch (error) {
    throw keyMismatch(error);
  }
}

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

/** Close codes whose meaning helps; none of them is authenticated, so none decides anything but a wait. */
const TOLD_BY_CLOSE_CODE = [
  "TIMED_OUT",
  "SERVER_STOPPING",
  "TOO_MANY_CONNECTIONS",
  "RATE_LIMITED",
] as const;

function closeError(end: SocketEnd, phase: LinkState["phase"]): TributaryError {
  if (end.error !== undefined) return end.error;
  // A server that cannot read the first handshake message can only say so by its close code.
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
