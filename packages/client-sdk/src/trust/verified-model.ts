import type { CheckpointId, ModelParts, ParameterLayout, Plan, PlanId } from "@tributary/protocol";

/**
 * A plan whose signature is valid, whose form is correct, and which breaks none of the client's
 * floors.
 */
export interface VerifiedPlan {
  /** SHA-256 of the canonical bytes. */
  readonly id: PlanId;
  /** The canonical bytes that were signed. */
  readonly bytes: Uint8Array;
  /** The server's signature of `bytes`; absent where nobody signs, as in a simulation. */
  readonly signature?: Uint8Array | undefined;
  readonly plan: Plan;
  /** Where each parameter lies in the flat vector of all parameters. */
  readonly layout: ParameterLayout;
  /** Which of the parameters travel in which way. */
  readonly parts: ModelParts;
}

/** A plan and a checkpoint of the plan's model, both verified. */
export interface VerifiedModel {
  readonly plan: VerifiedPlan;
  readonly checkpoint: {
    readonly id: CheckpointId;
    /**
     * All parameters in layout order, shape [layout.size], finite. Several owners share the array:
     * nobody may write to it.
     */
    readonly weights: Float32Array;
  };
}
