import type { SymmetricCrypto } from "../crypto/crypto-provider.ts";
import type { ArtifactId } from "../ids.ts";
import { chunkLayout, chunkSealing } from "./artifact-chunks.ts";
import { SEALED_CHUNK_HEADER_BYTES, writeChunkHeader, type ArtifactKind } from "./frames.ts";

/** What `sealArtifact` needs to encrypt one artifact. */
export interface SealArtifactOptions {
  readonly crypto: SymmetricCrypto;
  /**
   * 32 bytes, drawn anew for each checkpoint. A key must seal at most one artifact of each kind:
   * the nonce is the number of the kind and the index of the chunk, so a second checkpoint under
   * the same key would repeat nonces, which breaks the cipher.
   */
  readonly key: Uint8Array;
  readonly artifact: ArtifactKind;
  /** SHA-256 of `bytes`. */
  readonly id: ArtifactId;
  /** Not modified. */
  readonly bytes: Uint8Array;
  /**
   * Plaintext in one chunk, in bytes; `PROTOCOL_CONSTANTS.sealedChunkBytes` when absent. The receiver
   * must use the same.
   */
  readonly chunkBytes?: number;
}

/**
 * Encrypts an artifact into frames that can be sent, in their order, to any number of clients. A
 * thousand clients cost one encryption; each of them gets the key inside its own channel.
 *
 * ```ts
 * for (const frame of sealArtifact({ crypto, key, artifact: "checkpoint", id, bytes })) send(frame);
 * ```
 * @returns New frames, one for each chunk.
 * @throws TributaryError `BAD_PARAMETER` when `chunkBytes` is not a positive integer, or is too
 * large for a frame.
 */
export function sealArtifact(options: SealArtifactOptions): Uint8Array[] {
  const { crypto, key, artifact, id, bytes } = options;
  const { chunkBytes, count } = chunkLayout(bytes.length, options.chunkBytes);
  const sealing = chunkSealing(artifact, id, count);
  return Array.from({ length: count }, (_, index) => {
    const start = index * chunkBytes;
    const frame = crypto.seal(
      key,
      sealing.nonce(index),
      sealing.associatedData(index),
      bytes.subarray(start, start + chunkBytes),
      SEALED_CHUNK_HEADER_BYTES,
    );
    writeChunkHeader(frame, artifact, index);
    return frame;
  });
}
