import type { CheckpointId, ParameterLayout, Plan, PlanId, ValueRange } from "@tributary/protocol";

/** A plan whose signature, form and floors hold. */
export interface VerifiedPlan {
  readonly id: PlanId;
  /** The canonical bytes that were signed. */
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  readonly layout: ParameterLayout;
  /** What the plan trains and an update holds. */
  readonly trainable: readonly ValueRange[];
}

/** A plan and a checkpoint of its model, both verified. */
export interface VerifiedModel {
  readonly plan: VerifiedPlan;
  readonly checkpoint: {
    readonly id: CheckpointId;
    /** All parameters in layout order, shape [layout.size], finite. Shared: not to be written to. */
    readonly weights: Float32Array;
  };
}
