import type { Channel } from "../channel/channel.ts";
import { decodeFrame, encodeFrame, sealRecordFrame, type Frame } from "../channel/frames.ts";
import { startHandshake } from "../channel/noise.ts";
import type { ServerKey } from "../channel/server-key.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { RandomSource } from "../random/random-source.ts";
import { deviceClaim, type DeviceProof } from "../enrolment/device-proof.ts";
import { TributaryError } from "../errors.ts";
import { planFeatureNames } from "../plan/plan-features.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import { dueArtifacts } from "../wire/due-artifacts.ts";
import { PROTOCOL_VERSIONS } from "../version.ts";
import { encodeClientMessage, decodeServerMessage } from "../wire/codec.ts";
import type {
  ClientMessage,
  Delivery,
  ServerMessage,
  ServerMessageType,
} from "../wire/messages.ts";
import { RawConnection, type RawSocket } from "./raw-connection.ts";

/** What a raw client is given. */
export interface RawClientDeps {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  /** The server key that the client pins. */
  readonly serverKey: ServerKey;
}

/** What a client can receive after the handshake: a message or a sealed chunk. */
export type Received = ServerMessage | SealedChunk;
/** A sealed chunk, still encrypted. */
export type SealedChunk = Extract<Frame, { readonly kind: "sealedChunk" }>;
/** The message that makes the client a member of a cohort. */
export type Configuration = Extract<ServerMessage, { readonly type: "roundConfiguration" }>;
type CheckIn = Extract<ClientMessage, { readonly type: "checkIn" }>;
type ModelRequest = Extract<ClientMessage, { readonly type: "modelRequest" }>;
type ReportBegin = Extract<ClientMessage, { readonly type: "reportBegin" }>;

/**
 * A client that is made of the protocol's parts alone and does exactly what it is told, right or
 * wrong. It serves tests and measurements of a server, and checks nothing but what it needs to go
 * on.
 *
 * ```ts
 * const socket = new WebSocket(url, [WEBSOCKET_SUBPROTOCOL]);
 * const client = new RawClient(socket, { crypto, random, serverKey });
 * await client.greet();
 * client.checkIn("keyboard");
 * await client.expect("checkInAccepted");
 * ```
 */
export class RawClient<Socket extends RawSocket = RawSocket> extends RawConnection<Socket> {
  /** The encrypted channel; `undefined` before the handshake. */
  channel: Channel | undefined;
  readonly #deps: RawClientDeps;

  constructor(socket: Socket, deps: RawClientDeps) {
    super(socket);
    this.#deps = deps;
  }

  /**
   * Does the handshake and keeps the channel.
   * @throws TributaryError as `StartedHandshake.finish` does; `UNEXPECTED_MESSAGE` when another
   * frame comes first.
   */
  async shakeHands(): Promise<void> {
    const { crypto, random, serverKey } = this.#deps;
    const handshake = await startHandshake({ crypto, random, serverChannelKey: serverKey.channel });
    this.sendBytes(encodeFrame({ kind: "handshake", body: handshake.message }));
    const frame = decodeFrame(await this.nextBytes());
    if (frame.kind !== "handshake") throw unexpected(`A ${frame.kind} frame came first`);
    this.channel = await handshake.finish(frame.body);
  }

  /** Waits until the socket is open, does the handshake, sends `Hello` and waits for `Welcome`. */
  async greet(software = "raw"): Promise<this> {
    await this.opened;
    await this.shakeHands();
    const { oldest, newest } = PROTOCOL_VERSIONS;
    this.send({ type: "hello", oldestVersion: oldest, newestVersion: newest, software });
    await this.expect("welcome");
    return this;
  }

  /**
   * Encrypts any bytes as the channel's next record, in a frame. The channel counts the record even
   * if it is never sent.
   */
  seal(plaintext: Uint8Array): Uint8Array {
    if (this.channel === undefined) throw unexpected("There is no channel yet");
    return sealRecordFrame(this.channel, plaintext);
  }

  /** Encrypts any bytes as a record and sends them. */
  sendRecord(plaintext: Uint8Array): void {
    this.sendBytes(this.seal(plaintext));
  }

  /** Encrypts a message and sends it. */
  send(message: ClientMessage): void {
    this.sendRecord(encodeClientMessage(message));
  }

  /** What a device with this seed shows in this session, as `proveDevice` makes it. */
  proofOf(seed: Uint8Array, population: string): DeviceProof {
    if (this.channel === undefined) throw unexpected("There is no channel yet");
    const { crypto } = this.#deps;
    const claim = deviceClaim(this.channel.handshakeHash, population);
    return {
      publicKey: crypto.ed25519PublicKey(seed),
      signature: crypto.ed25519Sign(seed, claim),
    };
  }

  /** Sends `CheckIn`; `changes` replaces fields of a harmless one. */
  checkIn(population: string, changes: Partial<CheckIn> = {}): void {
    this.send({
      type: "checkIn",
      population,
      codecs: ["float32", "uniform"],
      maxParameters: PROTOCOL_CONSTANTS.maxParameters,
      exampleCount: 10,
      heldOutCount: 0,
      heldArtifacts: [],
      planFeatures: planFeatureNames,
      ...changes,
    });
  }

  /** Sends `ModelRequest`; `changes` replaces fields of a harmless one. */
  requestModel(population: string, changes: Partial<ModelRequest> = {}): void {
    this.send({
      type: "modelRequest",
      population,
      heldArtifacts: [],
      planFeatures: planFeatureNames,
      ...changes,
    });
  }

  /**
   * Checks in, waits for the round's configuration, and takes its sealed chunks without opening
   * them.
   */
  async joinRound(population: string, changes: Partial<CheckIn> = {}): Promise<Configuration> {
    this.checkIn(population, changes);
    await this.expect("checkInAccepted");
    const configuration = await this.expect("roundConfiguration");
    await this.chunks(chunkCount(configuration.delivery, changes.heldArtifacts));
    return configuration;
  }

  /** Sends `Configured`. */
  configured({ roundId }: Configuration): void {
    this.send({ type: "configured", roundId });
  }

  /**
   * Sends `ReportBegin` with the round's own nonce; `changes` replaces fields of a harmless one.
   */
  beginReport(
    { roundId, reportNonce }: Configuration,
    changes: Partial<ReportBegin> & Pick<ReportBegin, "updateBytes">,
  ): void {
    this.send({
      type: "reportBegin",
      roundId,
      reportNonce,
      exampleCount: 10,
      codec: "float32",
      metrics: [{ name: "loss", value: 1 }],
      ...changes,
    });
  }

  /** The next message or sealed chunk, when it comes. */
  async next(): Promise<Received> {
    const frame = decodeFrame(await this.nextBytes());
    if (frame.kind === "sealedChunk") return frame;
    if (this.channel === undefined) throw unexpected("There is no channel yet");
    return decodeServerMessage(this.channel.open(frame.body));
  }

  /**
   * The next message, which must have this type. No sealed chunk may come before it.
   * @throws TributaryError `UNEXPECTED_MESSAGE` for anything else.
   */
  async expect<Type extends ServerMessageType>(
    type: Type,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    const received = await this.next();
    if (isOfType(received, type)) return received;
    throw unexpected(
      `${"kind" in received ? "A sealed chunk" : JSON.stringify(received)} instead of ${type}`,
    );
  }

  /** The next message of this type. Whatever comes before it is dropped. */
  async waitFor<Type extends ServerMessageType>(
    type: Type,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    for (;;) {
      const received = await this.next();
      if (isOfType(received, type)) return received;
    }
  }

  /**
   * The next `count` sealed chunks, in order.
   * @throws TributaryError `UNEXPECTED_MESSAGE` when a message comes between them.
   */
  async chunks(count: number): Promise<SealedChunk[]> {
    const chunks: SealedChunk[] = [];
    while (chunks.length < count) {
      const received = await this.next();
      if (!("kind" in received)) throw unexpected(`${received.type} instead of a sealed chunk`);
      chunks.push(received);
    }
    return chunks;
  }
}

/** Whether a message of this type came, and not a sealed chunk or another message. */
function isOfType<Type extends ServerMessageType>(
  received: Received,
  type: Type,
): received is Extract<ServerMessage, { type: Type }> {
  return "type" in received && received.type === type;
}

/** How many sealed chunks a server sends with a delivery to a client that holds these artifacts. */
function chunkCount(delivery: Delivery, held: CheckIn["heldArtifacts"] = []): number {
  return dueArtifacts(delivery, (id) => held.includes(id)).reduce(
    (count, { byteLength }) => count + Math.ceil(byteLength / PROTOCOL_CONSTANTS.sealedChunkBytes),
    0,
  );
}

/** The error for something else than what the caller waits for. */
function unexpected(what: string): TributaryError {
  return new TributaryError("UNEXPECTED_MESSAGE", what);
}
