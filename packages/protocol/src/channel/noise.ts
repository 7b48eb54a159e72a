/**
 * The handshake of the encrypted channel: Noise_NK_25519_ChaChaPoly_SHA256 exactly as the Noise
 * Protocol Framework defines it (revision 34, https://noiseprotocol.org/noise.html). In the pattern
 * NK the client has no long-term key, and knows the server's beforehand:
 *
 * ```
 *   <- s
 *   ...
 *   -> e, es
 *   <- e, ee
 * ```
 *
 * Here `s` is the server's long-term key, `e` an ephemeral key that is used for one handshake, and
 * `es` and `ee` are X25519 of one key of each side. The secret that both sides compute from them
 * can be computed by nobody else.
 *
 * ```ts
 * const handshake = await startHandshake({ crypto, random, serverChannelKey: serverKey.channel });
 * const accepted = acceptHandshake({ crypto, random, channelSecret, message: handshake.message });
 * const channel = await handshake.finish(accepted.reply);
 * accepted.channel.open(channel.seal(utf8("hello")));
 * ```
 */
import { concatBytes, utf8 } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import type { ClientCrypto, CryptoProvider, SymmetricCrypto } from "../crypto/crypto-provider.ts";
import type { RandomSource } from "../random/random-source.ts";
import { requireLength } from "../crypto/require-length.ts";
import { CipherChannel, type Channel } from "./channel.ts";
import { CipherState, MAX_DIRECTION_RECORDS } from "./cipher-state.ts";
import { SymmetricState } from "./symmetric-state.ts";

/** What both sides of a handshake need. */
export interface HandshakeOptions {
  readonly crypto: SymmetricCrypto;
  /** Gives the ephemeral key, 32 bytes of it. In production it must be the cryptographic source. */
  readonly random: RandomSource;
  /** Bytes that must be equal on both sides; `tributary/channel/v1` in UTF-8 when absent. */
  readonly prologue?: Uint8Array;
  /**
   * What this side sends inside its handshake message; empty when absent, as protocol version 1
   * requires. The client's payload has no forward secrecy, and an attacker can replay it (Noise
   * §7.7).
   */
  readonly payload?: Uint8Array;
  /**
   * After how many records each direction changes its key. At least 1, and the same on both sides;
   * `PROTOCOL_CONSTANTS.rekeyAfterRecords` when absent.
   */
  readonly rekeyAfterRecords?: number;
  /**
   * How many records each direction may carry, at least 1; as many as can be counted exactly when
   * absent.
   */
  readonly maxRecords?: number;
}

/** What the client needs. */
export interface StartHandshakeOptions extends HandshakeOptions {
  readonly crypto: ClientCrypto;
  /** The server's X25519 public key, which the client pins, 32 bytes: `ServerKey.channel`. */
  readonly serverChannelKey: Uint8Array;
}

/** What the server needs. */
export interface AcceptHandshakeOptions extends HandshakeOptions {
  readonly crypto: CryptoProvider;
  /** The server's X25519 secret, 32 bytes. */
  readonly channelSecret: Uint8Array;
  /** The client's handshake message, as received. */
  readonly message: Uint8Array;
}

/** A handshake that the client has begun, and that waits for the server's answer. */
export interface StartedHandshake {
  /** The client's handshake message, to be sent to the server. */
  readonly message: Uint8Array;
  /**
   * Takes the server's answer. It can be called once: the handshake's secrets are zeroed, whether
   * it succeeds or fails.
   * @param reply - Not modified, and must not change until the promise has settled.
   * @throws TributaryError `HANDSHAKE_FAILED` when the server does not hold the pinned key, when
   * the answer is malformed, or when the handshake is already over.
   */
  finish(reply: Uint8Array): Promise<Channel>;
  /** Zeroes the handshake's secrets. Call it when no answer will come. */
  abandon(): void;
}

/** The name has exactly 32 bytes, as `SymmetricState` requires. */
const PROTOCOL_NAME = utf8("Noise_NK_25519_ChaChaPoly_SHA256");
const DEFAULT_PROLOGUE = utf8("tributary/channel/v1");
const NO_PAYLOAD = new Uint8Array(0);
const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** The longest handshake message, 65,535 bytes (Noise §3). */
const MAX_MESSAGE_BYTES = PROTOCOL_CONSTANTS.maxRecordPlaintextBytes + TAG_BYTES;

/**
 * Begins a handshake as the client.
 * @throws TributaryError `HANDSHAKE_FAILED` when the pinned key is a point of small order (which
 * makes the shared secret predictable); `BAD_PARAMETER` for an option out of its range.
 */
export async function startHandshake(options: StartHandshakeOptions): Promise<StartedHandshake> {
  const { crypto, serverChannelKey } = options;
  checkOptions(options);
  requireLength(serverChannelKey, KEY_BYTES, "The server's channel key");
  const state = initialState(options, serverChannelKey);
  const secret = options.random.bytes(KEY_BYTES);
  const key = await crypto.x25519PublicKey(secret);
  state.mixHash(key); // -> e
  const shared = await crypto.x25519(secret, serverChannelKey); // es
  const sealed = state.mixKeyAndEncrypt(shared, options.payload ?? NO_PAYLOAD);
  let open = true;
  const abandon = (): void => {
    open = false;
    secret.fill(0);
    state.wipe();
  };
  return {
    message: concatBytes(key, sealed),
    abandon,
    async finish(reply) {
      if (!open) throw handshakeFailed("The handshake is over", "Start a new handshake.");
      open = false;
      try {
        const answer = splitMessage(reply, "server");
        state.mixHash(answer.ephemeralKey); // <- e
        const peerPayload = state.mixKeyAndDecrypt(
          await crypto.x25519(secret, answer.ephemeralKey), // ee
          answer.sealed,
        );
        if (peerPayload === undefined) {
          throw handshakeFailed(
            "The server does not hold the pinned key",
            "Check that serverKey is the line that this server prints. If it is, somebody else answers in the server's place.",
          );
        }
        const [toServer, toClient] = state.split();
        return channelOf(options, state, peerPayload, toServer, toClient);
      } finally {
        abandon();
      }
    },
  };
}

/**
 * Answers a client's handshake message as the server. Only the holder of the server's secret can
 * make a valid reply, so the reply proves to the client who the server is.
 * @returns The reply to send, and the channel, which is ready for use.
 * @throws TributaryError `HANDSHAKE_FAILED` when the message is malformed, or was made for another
 * server key; `BAD_PARAMETER` for an option out of its range.
 */
export function acceptHandshake(options: AcceptHandshakeOptions): {
  reply: Uint8Array;
  channel: Channel;
} {
  const { crypto, channelSecret } = options;
  checkOptions(options);
  const request = splitMessage(options.message, "client");
  const state = initialState(options, crypto.x25519PublicKey(channelSecret));
  try {
    state.mixHash(request.ephemeralKey); // -> e
    const peerPayload = state.mixKeyAndDecrypt(
      crypto.x25519(channelSecret, request.ephemeralKey), // es
      request.sealed,
    );
    if (peerPayload === undefined) {
      throw handshakeFailed(
        "This server does not hold the key that the client pins",
        "Check the client's serverKey against the line that this server prints.",
      );
    }
    const secret = options.random.bytes(KEY_BYTES);
    const key = crypto.x25519PublicKey(secret);
    state.mixHash(key); // <- e
    const shared = crypto.x25519(secret, request.ephemeralKey); // ee
    secret.fill(0);
    const sealed = state.mixKeyAndEncrypt(shared, options.payload ?? NO_PAYLOAD);
    const [toServer, toClient] = state.split();
    return {
      reply: concatBytes(key, sealed),
      channel: channelOf(options, state, peerPayload, toClient, toServer),
    };
  } finally {
    state.wipe();
  }
}

/** The state of both sides before the first message. */
function initialState(options: HandshakeOptions, serverChannelKey: Uint8Array): SymmetricState {
  const state = new SymmetricState(options.crypto, PROTOCOL_NAME);
  state.mixHash(options.prologue ?? DEFAULT_PROLOGUE);
  state.mixHash(serverChannelKey); // <- s, known beforehand
  return state;
}

/** Makes the channel from the keys that `split` gave: one cipher state for each direction. */
function channelOf(
  options: HandshakeOptions,
  state: SymmetricState,
  peerPayload: Uint8Array,
  sendKey: Uint8Array,
  receiveKey: Uint8Array,
): Channel {
  const direction = (key: Uint8Array): CipherState =>
    new CipherState({
      crypto: options.crypto,
      key,
      rekeyAfterRecords: options.rekeyAfterRecords ?? PROTOCOL_CONSTANTS.rekeyAfterRecords,
      maxRecords: options.maxRecords ?? MAX_DIRECTION_RECORDS,
    });
  return new CipherChannel({
    handshakeHash: state.handshakeHash,
    peerPayload,
    sender: direction(sendKey),
    receiver: direction(receiveKey),
  });
}

/**
 * Splits a handshake message into the sender's ephemeral key and its encrypted payload, both views
 * of it.
 * @throws TributaryError `HANDSHAKE_FAILED` when it is too short or too long.
 */
function splitMessage(
  message: Uint8Array,
  sender: "client" | "server",
): { ephemeralKey: Uint8Array; sealed: Uint8Array } {
  if (message.length < KEY_BYTES + TAG_BYTES || message.length > MAX_MESSAGE_BYTES) {
    throw handshakeFailed(
      `The ${sender}'s handshake message has an impossible length of ${message.length} bytes`,
      "Check that the other side speaks the Tributary protocol.",
    );
  }
  return { ephemeralKey: message.subarray(0, KEY_BYTES), sealed: message.subarray(KEY_BYTES) };
}

/** @throws TributaryError `BAD_PARAMETER` for an option out of its range. */
function checkOptions(options: HandshakeOptions): void {
  for (const name of ["rekeyAfterRecords", "maxRecords"] as const) {
    const value = options[name] ?? 1;
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TributaryError("BAD_PARAMETER", `${name} is ${value}`, {
        remedy: "Give an integer of at least 1.",
      });
    }
  }
  const payloadBytes = options.payload?.length ?? 0;
  if (payloadBytes > MAX_MESSAGE_BYTES - KEY_BYTES - TAG_BYTES) {
    throw new TributaryError("BAD_PARAMETER", `The payload is ${payloadBytes} bytes long`, {
      remedy: `Give at most ${MAX_MESSAGE_BYTES - KEY_BYTES - TAG_BYTES} bytes.`,
    });
  }
}

function handshakeFailed(message: string, remedy: string): TributaryError {
  return new TributaryError("HANDSHAKE_FAILED", message, { remedy });
}
