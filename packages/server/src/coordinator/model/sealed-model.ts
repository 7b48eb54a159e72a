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

/** The frames to send to a client that holds `held`. */
export function framesFor(
  { delivery, frames }: SealedModel,
  held: ReadonlySet<ArtifactId>,
): readonly Uint8Array[] {
  return dueArtifacts(delivery, (id) => held.has(id)).flatMap(
    ({ artifact }) => frames[artifact] ?? [],
  );
}
