import type { ArtifactKind } from "../channel/frames.ts";
import type { ArtifactId } from "../ids.ts";
import type { ArtifactReference, Delivery } from "./messages.ts";

/**
 * An artifact whose sealed chunks follow a delivery, with its name and its length as it travels.
 */
export interface DueArtifact extends ArtifactReference {
  readonly artifact: ArtifactKind;
  /** Chunks at its beginning that the client has kept, and that do not follow. */
  readonly keptChunks: number;
}

/**
 * Decides which artifacts follow a delivery as sealed chunks, and in which order. The server sends
 * and the client expects what this function says, so the two always agree.
 * @param holds - Whether the client has said that it holds the artifact of this name.
 * @returns The plan, unless it is held; then the checkpoint, unless it is held. In place of the
 * whole checkpoint comes the difference when the client holds its base. What the client has kept of
 * one of them counts only when the delivery repeats it.
 */
export function dueArtifacts(
  { plan, checkpoint, packed, difference, partial }: Delivery,
  holds: (id: ArtifactId) => boolean,
): readonly DueArtifact[] {
  const due: DueArtifact[] = [];
  const add = (artifact: ArtifactKind, reference: ArtifactReference): void => {
    const keptChunks = partial?.id === reference.id ? partial.chunks : 0;
    due.push({ artifact, ...reference, keptChunks });
  };
  if (!holds(plan.id)) add("plan", plan);
  if (holds(checkpoint.id)) return due;
  if (difference !== undefined && holds(difference.base)) add("difference", difference.packed);
  else add("checkpoint", packed ?? checkpoint);
  return due;
}
