import { toHex } from "../../src/bytes/encoding.ts";
import { sealArtifact } from "../../src/channel/seal-artifact.ts";
import { ARTIFACT_NUMBERS, type ArtifactKind } from "../../src/channel/frames.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import type { ArtifactId } from "../../src/ids.ts";

/** One sealed chunk: a whole frame. A long one is named by its SHA-256. */
interface ChunkVector {
  readonly byteLength: number;
  /** Hexadecimal. */
  readonly frame?: string;
  readonly sha256: string;
}

/** One artifact and its sealed chunks. */
interface SealingVector {
  readonly artifact: ArtifactKind;
  /** Byte i of the artifact is (7·i + 3) mod 256. */
  readonly byteLength: number;
  /** SHA-256 of the artifact. */
  readonly id: string;
  readonly key: string;
  readonly chunks: readonly ChunkVector[];
}

/** What `sealed-chunks.json` holds. */
export interface SealingVectors {
  readonly about: string;
  readonly sealed: readonly SealingVector[];
}

/** A frame that is longer is given by its hash. */
const LONGEST_FRAME = 256;

/** The artifact of so many bytes that the vectors are about. */
export function sampleArtifact(byteLength: number): Uint8Array {
  return Uint8Array.from({ length: byteLength }, (_, i) => 7 * i + 3);
}

/** Seals artifacts of each kind, of one chunk and of several. */
export function makeSealingVectors(crypto: CryptoProvider): SealingVectors {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
  const kinds = Object.keys(ARTIFACT_NUMBERS) as ArtifactKind[];
  const sealed = kinds.flatMap((artifact) =>
    [100, 65_536, 140_000].map((byteLength): SealingVector => {
      const bytes = sampleArtifact(byteLength);
      const id = toHex(crypto.sha256(bytes)) as ArtifactId;
      const chunks = sealArtifact({ crypto, key, artifact, id, bytes }).map((frame) => ({
        byteLength: frame.length,
        ...(frame.length > LONGEST_FRAME ? {} : { frame: toHex(frame) }),
        sha256: toHex(crypto.sha256(frame)),
      }));
      return { artifact, byteLength, id, key: toHex(key), chunks };
    }),
  );
  return {
    about:
      "Artifacts and the frames of their sealed chunks (docs/protocol.md, section 6). Byte i of an artifact is (7i + 3) mod 256. Long frames are given by their SHA-256.",
    sealed,
  };
}
