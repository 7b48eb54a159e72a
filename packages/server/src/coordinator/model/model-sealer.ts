import { modelTerms, type ModelTerms } from "@tributary/core";
import {
  decodePlan,
  encodeCheckpoint,
  featuresOf,
  planIdOf,
  signPlan,
  toHex,
  type ArtifactId,
  type CryptoProvider,
  type PlanFeature,
  type PlanId,
  type RandomSource,
  type ServerSecrets,
} from "@tributary/protocol";
import type { ModelVersion } from "./model-version.ts";
import { sealModel, type SealedModel } from "./sealed-model.ts";

/** What sealing a model needs. */
export interface SealingDeps {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly secrets: ServerSecrets;
  /** The features that plans may use; those of this build if left out. */
  readonly planFeatures?: readonly PlanFeature[];
}

/**
 * Seals versions of one task's model for its clients. It keeps the version that it sealed last, so
 * that a thousand clients cost one encryption.
 */
export class ModelSealer {
  readonly terms: ModelTerms;
  /** The features that a client must know to read the plan. */
  readonly planFeatures: readonly PlanFeature[];
  readonly planId: PlanId;
  readonly #planBytes: Uint8Array;
  readonly #deps: SealingDeps;
  #last: { readonly version: ModelVersion; readonly model: SealedModel } | undefined;

  /**
   * @param planBytes - Canonical bytes of the task's plan, as they are stored.
   * @throws TributaryError `PLAN_INVALID` or `MODEL_UNSUPPORTED`.
   */
  constructor(planBytes: Uint8Array, deps: SealingDeps) {
    this.#planBytes = planBytes;
    this.#deps = deps;
    const plan = decodePlan(planBytes);
    this.terms = modelTerms(plan);
    this.planId = planIdOf(deps.crypto, planBytes);
    this.planFeatures = featuresOf(plan, deps.planFeatures);
  }

  /** The signed plan and a version of the model, in the form in which clients download them. */
  seal(version: ModelVersion): SealedModel {
    if (this.#last?.version === version) return this.#last.model;
    const { crypto, random, secrets } = this.#deps;
    const { checkpointId, differenceFrom, state } = version;
    const plan = this.#planBytes;
    const model = sealModel({
      crypto,
      random,
      plan: {
        id: this.planId,
        bytes: plan,
        signature: signPlan(crypto, secrets.signingSeed, plan),
      },
      checkpoint: { id: checkpointId, bytes: encodeCheckpoint(state.weights) },
      packed: state.packed && named(crypto, state.packed),
      difference:
        state.difference === undefined || differenceFrom === undefined
          ? undefined
          : { base: differenceFrom, ...named(crypto, state.difference) },
    });
    this.#last = { version, model };
    return model;
  }
}

function named(
  crypto: CryptoProvider,
  bytes: Uint8Array,
): { readonly id: ArtifactId; readonly bytes: Uint8Array } {
  return { id: toHex(crypto.sha256(bytes)) as ArtifactId, bytes };
}
