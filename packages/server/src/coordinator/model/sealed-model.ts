import {
  dueArtifacts,
  sealArtifact,
  type ArtifactId,
  type ArtifactReference,
  type CheckpointDifference,
  type CheckpointId,
  type CryptoProvider,
  type Delivery,
  type DueArtifact,
  type PartialReference,
  type PlanId,
  type RandomSource,
} from "@tributary/protocol";

/** Bytes with their name. */
interface NamedBytes<Id extends ArtifactId = ArtifactId> {
  readonly id: Id;
  readonly bytes: Uint8Array;
}

/**
 * A plan and a checkpoint, each sealed once for all clients, so that a thousand clients cost one
 * encryption.
 * The key is drawn for this checkpoint and used for nothing else.
 */
export interface SealedModel {
  readonly delivery: Delivery;
  /** The sealed chunks, by what they carry. Kinds that the delivery does not have are absent. */
  readonly frames: Readonly<Partial<Record<DueArtifact["artifact"], readonly Uint8Array[]>>>;
}

export function sealModel(input: {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly plan: NamedBytes<PlanId> & { readonly signature: Uint8Array };
  readonly checkpoint: NamedBytes<CheckpointId>;
  /** The checkpoint's values as they travel, where they do not travel as they are. */
  readonly packed?: NamedBytes | undefined;
  /** The difference that leads to the checkpoint from an older one. */
  readonly difference?: (NamedBytes & { readonly base: CheckpointId }) | undefined;
}): SealedModel {
  const { crypto, plan, checkpoint, packed, difference } = input;
  const key = input.random.bytes(32);
  const seal = (
    artifact: DueArtifact["artifact"],
    { id, bytes }: NamedBytes,
  ): readonly Uint8Array[] => sealArtifact({ crypto, key, artifact, id, bytes });
  return {
    delivery: {
      plan: reference(plan),
      planSignature: plan.signature,
      checkpoint: reference(checkpoint),
      key,
      ...(packed === undefined ? {} : { packed: reference(packed) }),
      ...(difference === undefined ? {} : { difference: named(difference) }),
    },
    frames: {
      plan: seal("plan", plan),
      checkpoint: seal("checkpoint", packed ?? checkpoint),
      ...(difference === undefined ? {} : { difference: seal("difference", difference) }),
    },
  };
}

const reference = <Id extends ArtifactId>({
  id,
  bytes,
}: NamedBytes<Id>): ArtifactReference<Id> => ({
  id,
  byteLength: bytes.length,
});

const named = (difference: NamedBytes & { readonly base: CheckpointId }): CheckpointDifference => ({
  base: difference.base,
  packed: reference(difference),
});

/** What a client holds of models. */
export interface HeldByClient {
  readonly artifacts: ReadonlySet<ArtifactId>;
  /** The first chunks of another artifact, kept of an interrupted delivery. */
  readonly partial?: PartialReference | undefined;
}

/**
 * What to send to a client that holds `held`: what it does not hold and, where a delivery of the
 * same bytes was interrupted, from the first chunk on that it lacks.
 */
export function deliver(
  { delivery, frames }: SealedModel,
  { artifacts, partial }: HeldByClient,
): { readonly delivery: Delivery; readonly frames: readonly Uint8Array[] } {
  const framesOf = ({ artifact }: DueArtifact): readonly Uint8Array[] => frames[artifact] ?? [];
  const resumed: Delivery = partial === undefined ? delivery : { ...delivery, partial };
  const due = dueArtifacts(resumed, (id) => artifacts.has(id));
  const isResumed = due.some(
    (each) => each.keptChunks > 0 && each.keptChunks < framesOf(each).length,
  );
  return {
    delivery: isResumed ? resumed : delivery,
    frames: due.flatMap((each) => framesOf(each).slice(isResumed ? each.keptChunks : 0)),
  };
}
