import {
  sealArtifact,
  type ArtifactId,
  type CheckpointId,
  type CryptoProvider,
  type Delivery,
  type PlanId,
  type RandomSource,
} from "@tributary/protocol";

/**
 * A plan and a checkpoint, each sealed once for everyone: a thousand clients cost one encryption.
 * The key is drawn for this checkpoint and used for nothing else.
 */
export interface SealedModel {
  readonly delivery: Delivery;
  readonly planFrames: readonly Uint8Array[];
  readonly checkpointFrames: readonly Uint8Array[];
}

export function sealModel(input: {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly plan: {
    readonly id: PlanId;
    readonly bytes: Uint8Array;
    readonly signature: Uint8Array;
  };
  readonly checkpoint: { readonly id: CheckpointId; readonly bytes: Uint8Array };
}): SealedModel {
  const { crypto, plan, checkpoint } = input;
  const key = input.random.bytes(32);
  const seal = (artifact: "plan" | "checkpoint", id: ArtifactId, bytes: Uint8Array): Uint8Array[] =>
    sealArtifact({ crypto, key, artifact, id, bytes });
  return {
    delivery: {
      plan: { id: plan.id, byteLength: plan.bytes.length },
      planSignature: plan.signature,
      checkpoint: { id: checkpoint.id, byteLength: checkpoint.bytes.length },
      key,
    },
    planFrames: seal("plan", plan.id, plan.bytes),
    checkpointFrames: seal("checkpoint", checkpoint.id, checkpoint.bytes),
  };
}

/** The frames to send to a client that holds `held`: the plan's before the checkpoint's. */
export function framesFor(
  model: SealedModel,
  held: ReadonlySet<ArtifactId>,
): readonly Uint8Array[] {
  return [
    ...(held.has(model.delivery.plan.id) ? [] : model.planFrames),
    ...(held.has(model.delivery.checkpoint.id) ? [] : model.checkpointFrames),
  ];
}
