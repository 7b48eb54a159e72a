/**
 * Plans and checkpoints on the wire: encrypted once for a whole round, so that a thousand clients
 * cost one encryption. Each client gets the key inside its own channel.
 *
 * ```ts
 * const shared = { crypto, key, artifact: "checkpoint" } as const;
 * const frames = sealArtifact({ ...shared, id, bytes });
 * const receiver = new ArtifactReceiver({ ...shared, id, byteLength, maxBytes });
 * receiver.accept(frame.index, frame.body); // for each frame
 * const checkpoint = receiver.finish();
 * ```
 */
import { concatBytes, fromHex, toHex, utf8 } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import type { ArtifactId } from "../ids.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import {
  ARTIFACT_NUMBERS,
  SEALED_CHUNK_HEADER_BYTES,
  writeChunkHeader,
  type ArtifactKind,
} from "./frames.ts";
import { nonceOf } from "./nonce.ts";

const TAG_BYTES = 16;
const DOMAIN = utf8("tributary/chunk/v1");

export interface SealArtifactOptions {
  readonly crypto: CryptoProvider;
  /**
   * 32 bytes, drawn anew for each round. It must seal at most one artifact of each kind: the
   * nonce is the artifact's number and the chunk's index, so a second checkpoint under the same key
   * would repeat nonces.
   */
  readonly key: Uint8Array;
  readonly artifact: ArtifactKind;
  /** SHA-256 of `bytes`. */
  readonly id: ArtifactId;
  /** Not modified. */
  readonly bytes: Uint8Array;
  /**
   * Plaintext in one chunk, bytes; `DEFAULT_LIMITS.sealedChunkBytes` when absent. The receiver must
   * use the same.
   */
  readonly chunkBytes?: number;
}

/**
 * Seals an artifact into frames that are ready to be sent, in order, to any number of clients.
 * @throws TributaryError `BAD_PARAMETER` when `chunkBytes` is not positive or too large for a
 * frame.
 */
export function sealArtifact(options: SealArtifactOptions): Uint8Array[] {
  const { crypto, key, artifact, bytes } = options;
  const layout = chunkLayout(bytes.length, options.chunkBytes);
  const ad = associatedData(options.id, layout.count);
  return Array.from({ length: layout.count }, (_, index) => {
    const start = index * layout.chunkBytes;
    const frame = crypto.seal(
      key,
      nonceOf(ARTIFACT_NUMBERS[artifact], index),
      ad.ofChunk(index),
      bytes.subarray(start, start + layout.chunkBytes),
      SEALED_CHUNK_HEADER_BYTES,
    );
    writeChunkHeader(frame, artifact, index);
    return frame;
  });
}

export interface ArtifactReceiverOptions {
  readonly crypto: CryptoProvider;
  /** 32 bytes, as the delivery gives it; still the caller's, who zeroes it. */
  readonly key: Uint8Array;
  readonly artifact: ArtifactKind;
  readonly id: ArtifactId;
  /** As announced. */
  readonly byteLength: number;
  /** Plaintext in one chunk, bytes; `DEFAULT_LIMITS.sealedChunkBytes` when absent. */
  readonly chunkBytes?: number;
  /** Longest artifact that this side takes, bytes. */
  readonly maxBytes: number;
}

/**
 * Puts one artifact together from its sealed chunks. Memory is that of the artifact, reserved once.
 */
export class ArtifactReceiver {
  readonly #options: ArtifactReceiverOptions;
  readonly #layout: ChunkLayout;
  readonly #ad: AssociatedData;
  readonly #bytes: Uint8Array;
  #received = 0;
  #chunks = 0;
  #failed = false;

  /**
   * @throws TributaryError `MODEL_UNSUPPORTED` (a checkpoint) or `PLAN_INVALID` (a plan) when
   * `byteLength` is more than `maxBytes` or than there is memory for; `BAD_PARAMETER` for an option
   * out of its range.
   */
  constructor(options: ArtifactReceiverOptions) {
    this.#options = options;
    const { artifact, byteLength, maxBytes } = options;
    if (!(byteLength <= maxBytes)) {
      throw new TributaryError(
        artifact === "plan" ? "PLAN_INVALID" : "MODEL_UNSUPPORTED",
        `The server announces a ${artifact} of ${byteLength} bytes, and this client takes ${maxBytes}`,
        { remedy: "Raise the client's limit or leave this population." },
      );
    }
    this.#layout = chunkLayout(byteLength, options.chunkBytes);
    this.#ad = associatedData(options.id, this.#layout.count);
    this.#bytes = reserve(byteLength);
  }

  /** Whether every chunk has come; `finish` then says whether they are the right ones. */
  get complete(): boolean {
    return !this.#failed && this.#chunks === this.#layout.count;
  }

  get artifact(): ArtifactKind {
    return this.#options.artifact;
  }

  /** Bytes of the artifact received so far. */
  get receivedBytes(): number {
    return this.#received;
  }

  /**
   * Takes the next chunk.
   * @param body - A sealed-chunk frame's body; not kept.
   * @throws TributaryError `ARTIFACT_CHUNK_INVALID` when the chunk is not the next one, is of the
   * wrong length or does not authenticate. The receiver is of no more use then.
   */
  accept(index: number, body: Uint8Array): void {
    const { crypto, key, artifact } = this.#options;
    const { count, chunkBytes } = this.#layout;
    if (this.#failed) throw this.#fail("An earlier chunk was invalid");
    if (this.#chunks === count) throw this.#fail(`Chunk ${index} comes after the last`);
    if (index !== this.#chunks) {
      throw this.#fail(`Chunk ${index} comes where chunk ${this.#chunks} was due`);
    }
    const expected = Math.min(chunkBytes, this.#bytes.length - this.#received) + TAG_BYTES;
    if (body.length !== expected) {
      throw this.#fail(`Chunk ${index} is ${body.length} bytes long and not ${expected}`);
    }
    const nonce = nonceOf(ARTIFACT_NUMBERS[artifact], index);
    const chunk = crypto.open(key, nonce, this.#ad.ofChunk(index), body);
    if (chunk === undefined) throw this.#fail(`Chunk ${index} does not authenticate`);
    this.#bytes.set(chunk, this.#received);
    this.#received += chunk.length;
    this.#chunks += 1;
  }

  /**
   * The artifact, once `complete`.
   * @returns Its bytes, which the receiver does not touch again.
   * @throws TributaryError `ARTIFACT_CHUNK_INVALID` when chunks are missing;
   * `ARTIFACT_HASH_MISMATCH` when the bytes do not have the announced name.
   */
  finish(): Uint8Array {
    if (!this.complete) {
      throw this.#invalid(`Only ${this.#chunks} of ${this.#layout.count} chunks have come`);
    }
    const { crypto, artifact, id } = this.#options;
    const actual = toHex(crypto.sha256(this.#bytes));
    if (actual === id) return this.#bytes;
    throw new TributaryError(
      "ARTIFACT_HASH_MISMATCH",
      `The ${artifact} does not have the announced hash`,
      {
        remedy: "Connect again; if it recurs, the server's store is damaged.",
        context: { expected: id, actual },
      },
    );
  }

  #fail(message: string): TributaryError {
    this.#failed = true;
    return this.#invalid(message);
  }

  #invalid(message: string): TributaryError {
    return new TributaryError(
      "ARTIFACT_CHUNK_INVALID",
      `${message} in the ${this.#options.artifact}`,
      {
        remedy: "Connect again.",
      },
    );
  }
}

function reserve(byteLength: number): Uint8Array {
  try {
    return new Uint8Array(byteLength);
  } catch (error) {
    throw new TributaryError("MODEL_UNSUPPORTED", `There is no memory for ${byteLength} bytes`, {
      remedy: "Take part on a device with more memory.",
      cause: error,
    });
  }
}

interface ChunkLayout {
  readonly chunkBytes: number;
  readonly count: number;
}

function chunkLayout(
  byteLength: number,
  chunkBytes: number = DEFAULT_LIMITS.sealedChunkBytes,
): ChunkLayout {
  const most = DEFAULT_LIMITS.maxServerFrameBytes - SEALED_CHUNK_HEADER_BYTES - TAG_BYTES;
  if (!Number.isInteger(chunkBytes) || chunkBytes < 1 || chunkBytes > most) {
    throw new TributaryError("BAD_PARAMETER", `chunkBytes is ${chunkBytes}`, {
      remedy: `Give an integer from 1 to ${most}.`,
    });
  }
  const count = Math.ceil(byteLength / chunkBytes);
  if (!Number.isInteger(byteLength) || byteLength < 0 || count >= 2 ** 32) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `An artifact of ${byteLength} bytes cannot be cut up`,
      {
        remedy: "Give a length whose chunks can be counted in 32 bits.",
      },
    );
  }
  return { chunkBytes, count };
}

interface AssociatedData {
  /** The associated data of one chunk: the same bytes each time, with the index written anew. */
  ofChunk(index: number): Uint8Array;
}

function associatedData(id: ArtifactId, count: number): AssociatedData {
  const bytes = concatBytes(DOMAIN, fromHex(id), new Uint8Array(8));
  const view = new DataView(bytes.buffer);
  const indexAt = bytes.length - 8;
  view.setUint32(indexAt + 4, count, true);
  return {
    ofChunk(index) {
      view.setUint32(indexAt, index, true);
      return bytes;
    },
  };
}
