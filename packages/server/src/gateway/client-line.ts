import {
  TributaryError,
  acceptHandshake,
  decodeClientMessage,
  decodeFrame,
  encodeFrame,
  encodeServerMessage,
  sealRecordFrame,
  type Channel,
  type ClientMessage,
  type ServerMessage,
} from "@tributary/protocol";
import { unexpected } from "../coordinator/round/session-errors.ts";
import type { FrameSender } from "./frame-sender.ts";
import type { SessionDeps } from "./session-deps.ts";

/**
 * One client's encrypted line: it turns frames into messages and messages into frames, and counts
 * their bytes. What a message means is the session's affair.
 */
export class ClientLine {
  readonly #sender: FrameSender;
  readonly #deps: Pick<SessionDeps, "crypto" | "random" | "secrets">;
  /** Set from the handshake until the line is disposed of. */
  #channel: Channel | undefined;
  #bytesUp = 0;

  constructor(sender: FrameSender, deps: Pick<SessionDeps, "crypto" | "random" | "secrets">) {
    this.#sender = sender;
    this.#deps = deps;
  }

  /**
   * Reads one WebSocket message.
   * @returns The client's message; nothing for the handshake, which is answered here.
   * @throws TributaryError when the frame, the record or the message is not one.
   */
  read(bytes: Uint8Array): ClientMessage | undefined {
    this.#bytesUp += bytes.length;
    const frame = decodeFrame(bytes);
    if (this.#channel === undefined) {
      if (frame.kind !== "handshake") throw unexpected("a frame before the handshake");
      this.#openChannel(frame.body);
      return undefined;
    }
    if (frame.kind !== "record") throw unexpected(`a ${frame.kind} frame`);
    return decodeClientMessage(this.#channel.open(frame.body));
  }

  /** Sends a message, unless there is no channel yet or no more. */
  send(message: ServerMessage): void {
    if (this.#channel === undefined) return;
    this.#sender.send(sealRecordFrame(this.#channel, encodeServerMessage(message)));
  }

  /**
   * Sends the chunks of a sealed model, in place of those that have not been sent yet.
   * @param frames - Shared between clients; not modified.
   */
  streamChunks(frames: readonly Uint8Array[]): void {
    this.#sender.streamChunks(frames);
  }

  /** Drops the chunks that have not been sent. */
  stopChunks(): void {
    this.#sender.stopChunks();
  }

  /** Identifies the channel. What a client signs with its key is bound to it. */
  get handshakeHash(): Uint8Array {
    if (this.#channel === undefined) throw new TributaryError("INTERNAL", "There is no channel");
    return this.#channel.handshakeHash;
  }

  /** The bytes in either direction since the last call. */
  takeTraffic(): { readonly up: number; readonly down: number } {
    const traffic = { up: this.#bytesUp, down: this.#sender.takeBytesSent() };
    this.#bytesUp = 0;
    return traffic;
  }

  /** Wipes the channel's keys and stops sending. The socket stays as it is. */
  dispose(): void {
    this.#sender.stopChunks();
    this.#channel?.close();
    this.#channel = undefined;
  }

  /** Closes the socket with a WebSocket close code and its reason. */
  close(code: number, reason: string): void {
    this.#sender.close(code, reason);
  }

  #openChannel(message: Uint8Array): void {
    const { crypto, random, secrets } = this.#deps;
    const { reply, channel } = acceptHandshake({
      crypto,
      random,
      channelSecret: secrets.channelSecret,
      message,
    });
    this.#channel = channel;
    this.#sender.send(encodeFrame({ kind: "handshake", body: reply }));
  }
}
