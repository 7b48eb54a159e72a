import {
  decodePlan,
  encodeCheckpoint,
  layoutOf,
  planIdOf,
  signPlan,
  toHex,
  trainableRanges,
  updateCodec,
  type ArtifactId,
  type CryptoProvider,
  type ParameterLayout,
  type Plan,
  type RandomSource,
  type ServerSecrets,
  type UpdateCodec,
  type ValueRange,
} from "@tributary/protocol";
import { sealModel, type SealedModel } from "./sealed-model.ts";
import type { TaskBase } from "./task-base.ts";

/** What stays the same of a task's model through all its rounds. */
export class TaskModel {
  readonly plan: Plan;
  readonly layout: ParameterLayout;
  /** The values that are trained and reported. */
  readonly ranges: readonly ValueRange[];
  readonly codec: UpdateCodec;
  readonly #planBytes: Uint8Array;
  #sealed: { readonly base: TaskBase; readonly model: SealedModel } | undefined;

  /** @throws TributaryError `PLAN_INVALID` or `MODEL_UNSUPPORTED`. */
  constructor(planBytes: Uint8Array) {
    this.#planBytes = planBytes;
    this.plan = decodePlan(planBytes);
    this.layout = layoutOf(this.plan.model.parameters);
    this.ranges = trainableRanges(this.layout, this.plan.training.trainable);
    this.codec = updateCodec(this.plan.update);
  }

  /** The plan and a checkpoint as clients get them; sealed once for as long as the same one is asked for. */
  sealed(
    base: TaskBase,
    deps: {
      readonly crypto: CryptoProvider;
      readonly random: RandomSource;
      readonly secrets: ServerSecrets;
    },
  ): SealedModel {
    if (this.#sealed?.base === base) return this.#sealed.model;
    const { crypto, random, secrets } = deps;
    const bytes = this.#planBytes;
    const model = sealModel({
      crypto,
      random,
      plan: {
        id: planIdOf(crypto, bytes),
        bytes,
        signature: signPlan(crypto, secrets.signingSeed, bytes),
      },
      checkpoint: { id: base.checkpointId, bytes: encodeCheckpoint(base.weights) },
      packed: base.packed && named(crypto, base.packed),
      difference: base.difference && {
        base: base.difference.base,
        ...named(crypto, base.difference.packed),
      },
    });
    this.#sealed = { base, model };
    return model;
  }
}

const named = (
  crypto: CryptoProvider,
  bytes: Uint8Array,
): { readonly id: ArtifactId; readonly bytes: Uint8Array } => ({
  id: toHex(crypto.sha256(bytes)) as ArtifactId,
  bytes,
});
