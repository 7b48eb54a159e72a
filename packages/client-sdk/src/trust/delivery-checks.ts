// The checks that a delivery must pass before memory is reserved for it.
import {
  TributaryError,
  downloadCodec,
  packedLengthLimit,
  rangesSize,
  type Delivery,
  type DueArtifact,
} from "@tributary/protocol";
import type { VerifiedPlan } from "./verified-model.ts";

/**
 * Checks the length that the server announces for an artifact.
 * @param maxBytes - The largest length that is accepted.
 * @throws TributaryError `PLAN_REFUSED` when it is not from 1 to `maxBytes` bytes.
 */
export function checkLength(
  artifact: DueArtifact["artifact"],
  byteLength: number,
  maxBytes: number,
): void {
  if (byteLength >= 1 && byteLength <= maxBytes) return;
  throw new TributaryError(
    "PLAN_REFUSED",
    `The server announces a ${artifact} of ${byteLength} bytes, but this client takes 1 to ${maxBytes}`,
    { remedy: "Use a smaller model.", context: { artifact, byteLength, maxBytes } },
  );
}

/**
 * Checks that the checkpoint comes in the form that the plan names: as it is, packed, or as a
 * difference from a checkpoint that the client holds. A plan that names differences also allows the
 * whole checkpoint, which a client needs that holds none.
 * @throws TributaryError `PLAN_REFUSED` when the form is another one.
 */
export function requirePlannedForm({ packed, difference }: Delivery, { plan }: VerifiedPlan): void {
  const { encoding } = plan.download;
  if ((packed !== undefined) === (encoding === "float16")) {
    if (difference === undefined || encoding === "difference") return;
  }
  throw new TributaryError(
    "PLAN_REFUSED",
    `The server does not send the model in the form that its plan names (${encoding})`,
    { remedy: "Ask the server's operator.", context: { encoding } },
  );
}

/**
 * The largest number of bytes that an artifact of this plan may have.
 * @param artifact - `checkpoint` or `difference`.
 */
export function longestModel(
  { plan, layout, parts }: VerifiedPlan,
  artifact: DueArtifact["artifact"],
): number {
  const { encoding } = plan.download;
  const codec = downloadCodec(plan.download);
  // Without a codec, and where the whole checkpoint comes in place of a difference, values are
  // float32.
  if (codec === undefined || (encoding === "difference" && artifact === "checkpoint")) {
    return 4 * layout.size;
  }
  const statistics = rangesSize(parts.statistics);
  const packed = artifact === "difference" ? rangesSize(parts.updated) : layout.size - statistics;
  return packedLengthLimit(codec, packed) + 4 * statistics;
}
