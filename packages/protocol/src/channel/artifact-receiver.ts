import { toHex } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import type { ArtifactId } from "../ids.ts";
import type { SymmetricCrypto } from "../crypto/crypto-provider.ts";
import {
  CHUNK_TAG_BYTES,
  chunkLayout,
  chunkSealing,
  type ChunkLayout,
  type ChunkSealing,
} from "./artifact-chunks.ts";
import type { ArtifactKind } from "./frames.ts";

/** The first chunks of an artifact, decrypted. Whether they are right, only the whole can tell. */
export interface PartialArtifact {
  /** SHA-256 of the whole artifact. */
  readonly id: ArtifactId;
  /** Number of chunks; ≥ 1 and less than the artifact has. */
  readonly chunks: number;
  /** Their plaintext. */
  readonly bytes: Uint8Array;
}

/** What a client knows of an artifact before its chunks come. */
export interface ArtifactReceiverOptions {
  readonly crypto: SymmetricCrypto;
  /** 32 bytes, from the delivery. It stays the caller's, who zeroes it. */
  readonly key: Uint8Array;
  readonly artifact: ArtifactKind;
  /** SHA-256 of the whole artifact, as announced. */
  readonly id: ArtifactId;
  /** Length of the whole artifact in bytes, as announced. */
  readonly byteLength: number;
  /** Plaintext in one chunk, in bytes; `PROTOCOL_CONSTANTS.sealedChunkBytes` when absent. */
  readonly chunkBytes?: number;
  /** The longest artifact that this side accepts, in bytes. */
  readonly maxBytes: number;
  /** What an interrupted receiver has left, when the chunks go on from there; copied. */
  readonly kept?: PartialArtifact | undefined;
}

/**
 * Puts one artifact together from its sealed chunks, which must come in order. It needs memory for
 * the artifact once, and reserves it when it is made.
 *
 * ```ts
 * const receiver = new ArtifactReceiver({ crypto, key, artifact, id, byteLength, maxBytes });
 * receiver.accept(frame.index, frame.body); // for each frame
 * const checkpoint = receiver.finish();
 * ```
 */
export class ArtifactReceiver {
  readonly #options: ArtifactReceiverOptions;
  readonly #layout: ChunkLayout;
  readonly #sealing: ChunkSealing;
  readonly #bytes: Uint8Array;
  /** Bytes of the artifact received so far. */
  #received = 0;
  /** Chunks received so far: the index of the next one. */
  #chunks = 0;
  #failed = false;

  /**
   * @throws TributaryError `PLAN_INVALID` for a plan, `MODEL_UNSUPPORTED` for a checkpoint or a
   * difference, when `byteLength` is more than `maxBytes`; `MODEL_UNSUPPORTED` when there is not
   * enough memory; `ARTIFACT_CHUNK_INVALID` when `kept` is of another artifact; `BAD_PARAMETER` for
   * an option out of its range.
   */
  constructor(options: ArtifactReceiverOptions) {
    this.#options = options;
    const { artifact, byteLength, maxBytes } = options;
    // Written so that NaN is refused too.
    if (!(byteLength <= maxBytes)) {
      throw new TributaryError(
        artifact === "plan" ? "PLAN_INVALID" : "MODEL_UNSUPPORTED",
        `The server announces a ${artifact} of ${byteLength} bytes, and this client accepts at most ${maxBytes}`,
        { remedy: "Raise the client's limit or leave this population." },
      );
    }
    this.#layout = chunkLayout(byteLength, options.chunkBytes);
    this.#sealing = chunkSealing(artifact, options.id, this.#layout.count);
    this.#bytes = reserve(byteLength);
    if (options.kept !== undefined) this.#goOnFrom(options.kept);
  }

  /** Whether every chunk has come. `finish` then says whether they make the right artifact. */
  get complete(): boolean {
    return !this.#failed && this.#chunks === this.#layout.count;
  }

  /** The kind of artifact that is received. */
  get artifact(): ArtifactKind {
    return this.#options.artifact;
  }

  /** Bytes of the artifact received so far, with those that were kept. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** What has come so far, a view; undefined when that is nothing, everything, or not sound. */
  get partial(): PartialArtifact | undefined {
    if (this.#failed || this.#chunks === 0 || this.complete) return undefined;
    const bytes = this.#bytes.subarray(0, this.#received);
    return { id: this.#options.id, chunks: this.#chunks, bytes };
  }

  /**
   * Takes the next chunk.
   * @param index - From the frame's header.
   * @param body - The body of a sealed-chunk frame; neither kept nor modified.
   * @throws TributaryError `ARTIFACT_CHUNK_INVALID` when the chunk is not the next one, has the
   * wrong length or is not authentic. Every later call throws, too.
   */
  accept(index: number, body: Uint8Array): void {
    const { crypto, key } = this.#options;
    const { count, chunkBytes } = this.#layout;
    if (this.#failed) throw this.#fail("An earlier chunk was invalid");
    if (this.#chunks === count) throw this.#fail(`Chunk ${index} came after the last chunk`);
    if (index !== this.#chunks) {
      throw this.#fail(`Chunk ${index} came where chunk ${this.#chunks} was due`);
    }
    const expected = Math.min(chunkBytes, this.#bytes.length - this.#received) + CHUNK_TAG_BYTES;
    if (body.length !== expected) {
      throw this.#fail(`Chunk ${index} has ${body.length} bytes instead of ${expected}`);
    }
    const ad = this.#sealing.associatedData(index);
    const chunk = crypto.open(key, this.#sealing.nonce(index), ad, body);
    if (chunk === undefined) throw this.#fail(`Chunk ${index} is not authentic`);
    this.#bytes.set(chunk, this.#received);
    this.#received += chunk.length;
    this.#chunks += 1;
  }

  /**
   * Checks the whole artifact against its name, once it is `complete`.
   * @returns Its bytes, which the receiver does not touch again.
   * @throws TributaryError `ARTIFACT_CHUNK_INVALID` when chunks are missing, which does not end the
   * receiver; `ARTIFACT_HASH_MISMATCH` when the bytes do not have the announced SHA-256.
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
        remedy: "Connect again. If this happens again, the server's store is damaged.",
        context: { expected: id, actual },
      },
    );
  }

  #goOnFrom({ id, chunks, bytes }: PartialArtifact): void {
    const { count, chunkBytes } = this.#layout;
    if (id !== this.#options.id || chunks >= count || bytes.length !== chunks * chunkBytes) {
      throw this.#fail("The chunks that were kept are no beginning");
    }
    this.#bytes.set(bytes);
    this.#received = bytes.length;
    this.#chunks = chunks;
  }

  #fail(cause: string): TributaryError {
    this.#failed = true;
    return this.#invalid(cause);
  }

  #invalid(cause: string): TributaryError {
    return new TributaryError("ARTIFACT_CHUNK_INVALID", `${cause} in the ${this.artifact}`, {
      remedy: "Connect again.",
    });
  }
}

/** Memory for an artifact. Engines throw a RangeError when there is not enough. */
function reserve(byteLength: number): Uint8Array {
  try {
    return new Uint8Array(byteLength);
  } catch (error) {
    throw new TributaryError(
      "MODEL_UNSUPPORTED",
      `There is not enough memory for an artifact of ${byteLength} bytes`,
      { remedy: "Take part on a device with more memory.", cause: error },
    );
  }
}
