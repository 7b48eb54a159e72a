/**
 * How an artifact is cut into sealed chunks: what the side that seals and the side that opens must
 * compute alike (docs/protocol.md, section 6).
 */
import { concatBytes, fromHex, utf8 } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import type { ArtifactId } from "../ids.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import { ARTIFACT_NUMBERS, SEALED_CHUNK_HEADER_BYTES, type ArtifactKind } from "./frames.ts";
import { nonceOf } from "./nonce.ts";

/** The authentication tag that follows each ciphertext, in bytes (RFC 8439 §2.8). */
export const CHUNK_TAG_BYTES = 16;

/** Keeps chunks apart from everything else that might be authenticated under the same key. */
const DOMAIN = utf8("tributary/chunk/v1");

/** Into how many chunks of which length an artifact is cut. */
export interface ChunkLayout {
  /** Plaintext of every chunk but the last, which may be shorter, in bytes. */
  readonly chunkBytes: number;
  /** Number of chunks; 0 for an artifact of no bytes. */
  readonly count: number;
}

/**
 * Computes the layout of an artifact's chunks.
 * @param byteLength - Length of the whole artifact.
 * @param chunkBytes - Plaintext in one chunk; both sides must use the same.
 * @throws TributaryError `BAD_PARAMETER` when `chunkBytes` is not a positive integer or a chunk of
 * that length does not fit a frame, or when `byteLength` is not a whole number of bytes that fewer
 * than 2^32 chunks can hold.
 */
export function chunkLayout(
  byteLength: number,
  chunkBytes: number = PROTOCOL_CONSTANTS.sealedChunkBytes,
): ChunkLayout {
  const largest =
    PROTOCOL_CONSTANTS.maxServerFrameBytes - SEALED_CHUNK_HEADER_BYTES - CHUNK_TAG_BYTES;
  if (!Number.isInteger(chunkBytes) || chunkBytes < 1 || chunkBytes > largest) {
    throw new TributaryError("BAD_PARAMETER", `chunkBytes is ${chunkBytes}`, {
      remedy: `Give an integer from 1 to ${largest}.`,
    });
  }
  const count = Math.ceil(byteLength / chunkBytes);
  if (!Number.isInteger(byteLength) || byteLength < 0 || count >= 2 ** 32) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `An artifact of ${byteLength} bytes cannot be cut into chunks`,
      { remedy: "Give a whole number of bytes that needs fewer than 2^32 chunks." },
    );
  }
  return { chunkBytes, count };
}

/** What a chunk is encrypted with, besides the key. */
export interface ChunkSealing {
  /** 12 bytes: the number of the artifact's kind, then the chunk's index. */
  nonce(index: number): Uint8Array;
  /**
   * The associated data of one chunk: domain, the artifact's SHA-256, the chunk's index and the
   * number of chunks. It binds each chunk to its artifact and its place, so that a chunk can be
   * neither moved nor left out.
   * @returns The same bytes at every call, with the new index written into them. Use them before
   * the next call.
   */
  associatedData(index: number): Uint8Array;
}

/**
 * Nonces and associated data for the chunks of one artifact.
 * @param count - Number of chunks, from `chunkLayout`.
 */
export function chunkSealing(artifact: ArtifactKind, id: ArtifactId, count: number): ChunkSealing {
  const bytes = concatBytes(DOMAIN, fromHex(id), new Uint8Array(8));
  const view = new DataView(bytes.buffer);
  const indexAt = bytes.length - 8;
  view.setUint32(indexAt + 4, count, true);
  return {
    nonce: (index) => nonceOf(ARTIFACT_NUMBERS[artifact], index),
    associatedData(index) {
      view.setUint32(indexAt, index, true);
      return bytes;
    },
  };
}
