import {
  TributaryError,
  applyDifference,
  checkpointIdOf,
  decodeCheckpoint,
  downloadCodec,
  encodeCheckpoint,
  rangesSize,
  scatterRanges,
  splitStatistics,
  unpackRanges,
  withoutRanges,
  type CheckpointId,
  type SymmetricCrypto,
  type UpdateKernels,
} from "@tributary/protocol";
import type { VerifiedPlan } from "./verified-model.ts";

/** A checkpoint as it was received: packed whole, or as the difference from another checkpoint. */
export interface PackedCheckpoint {
  /** The id that the result must have. */
  readonly id: CheckpointId;
  /** The packed values. */
  readonly bytes: Uint8Array;
  /**
   * The checkpoint to which the difference is added, shape [layout.size]; undefined for a whole
   * one.
   */
  readonly base: Float32Array | undefined;
}

/**
 * Unpacks a checkpoint and verifies that the result is the checkpoint that the server named. The
 * check is needed even though the received bytes were verified: a wrong difference, or a difference
 * that is added to the wrong checkpoint, leads to another checkpoint.
 * @returns New Float32, shape [layout.size].
 * @throws TributaryError `ARTIFACT_HASH_MISMATCH` when the result has another SHA-256;
 *   `CHECKPOINT_CORRUPT` when it has a value that is not finite; the codec's errors for bytes that
 *   it cannot read.
 */
export function unpackCheckpoint(
  { plan, layout, parts }: VerifiedPlan,
  { id, bytes, base }: PackedCheckpoint,
  crypto: SymmetricCrypto,
  kernels: UpdateKernels,
): Float32Array {
  const codec = downloadCodec(plan.download, kernels);
  if (codec === undefined) {
    throw new TributaryError("INTERNAL", "A plan with float32 downloads has nothing to unpack");
  }
  const { head, statistics } = splitStatistics(bytes, rangesSize(parts.statistics));
  let weights: Float32Array = new Float32Array(layout.size);
  if (base === undefined) {
    const all = [{ offset: 0, length: layout.size }];
    unpackRanges(weights, withoutRanges(all, parts.statistics), codec, head);
  } else {
    weights = applyDifference(base, parts.updated, codec, head);
  }
  scatterRanges(statistics, parts.statistics, weights);
  const encoded = encodeCheckpoint(weights);
  const actual = checkpointIdOf(crypto, encoded);
  if (actual !== id) {
    const artifact = base === undefined ? "checkpoint" : "difference";
    throw new TributaryError(
      "ARTIFACT_HASH_MISMATCH",
      `The ${artifact} does not lead to the announced checkpoint`,
      {
        remedy: "Connect again. If it happens again, the server is faulty: tell its operator.",
        context: { expected: id, actual },
      },
    );
  }
  return decodeCheckpoint(encoded, layout);
}
