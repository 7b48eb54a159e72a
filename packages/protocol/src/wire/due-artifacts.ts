import type { ArtifactKind } from "../channel/frames.ts";
import type { ArtifactId } from "../ids.ts";
import type { ArtifactReference, Delivery } from "./messages.ts";

/** One of the artifacts whose sealed chunks follow a delivery. */
export interface DueArtifact extends ArtifactReference {
  readonly artifact: ArtifactKind;
}

/**
 * Which sealed chunks follow a delivery, in order: both sides go by this.
 * @param holds - Whether the client has said that it holds this artifact.
 */
export function dueArtifacts(
  { plan, checkpoint, packed, difference }: Delivery,
  holds: (id: ArtifactId) => boolean,
): readonly DueArtifact[] {
  const due: DueArtifact[] = [];
  if (!holds(plan.id)) due.push({ artifact: "plan", ...plan });
  if (holds(checkpoint.id)) return due;
  if (difference !== undefined && holds(difference.base)) {
    due.push({ artifact: "difference", ...difference.packed });
  } else {
    due.push({ artifact: "checkpoint", ...(packed ?? checkpoint) });
  }
  return due;
}
