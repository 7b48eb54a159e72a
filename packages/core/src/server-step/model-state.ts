import {
  layoutOf,
  modelParts,
  rangesSize,
  updateCodec,
  type ModelParts,
  type ParameterLayout,
  type Plan,
  type UpdateCodec,
} from "@tributary/protocol";
import type { OptimizerMemory } from "./server-optimizer.ts";

/**
 * The parameters of a task's model after a round, together with what the next round needs of this
 * one. It has no name: checkpoints are named by whoever stores them.
 */
export interface ModelState {
  /** The parameters, float32, shape [layout.size]; not to be modified. */
  readonly weights: Float32Array;
  /**
   * What the server optimizer remembers of the rounds so far; not to be modified. Absent before the
   * first round, and with an optimizer that remembers nothing.
   */
  readonly memory?: OptimizerMemory;
  /**
   * The same parameters in the encoding in which a client that holds nothing downloads them.
   * Absent where they travel as plain float32.
   */
  readonly packed?: Uint8Array;
  /**
   * What the encoding of this state lost, float32, shape [layout.size]. The next step adds it, so
   * that small changes are delayed and never dropped. It is kept in memory only: a restart loses
   * less than one rounding.
   */
  readonly residual?: Float32Array;
  /**
   * The encoded change that leads here from the state before. Absent for plans that do not send
   * differences, and for a state that was read from a store.
   */
  readonly difference?: Uint8Array;
}

/** What a plan says about its model, worked out once for all rounds of a task. */
export interface ModelTerms {
  readonly plan: Plan;
  readonly layout: ParameterLayout;
  /** Which of the parameters travel in which way. */
  readonly parts: ModelParts;
  /** Number of values in one update. */
  readonly dimension: number;
  /** Number of moving statistics behind each update. */
  readonly statistics: number;
  /** The codec of the updates that clients report. */
  readonly codec: UpdateCodec;
}

/**
 * Works out what a plan says about its model.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the plan trains a layer that the model lacks.
 */
export function modelTerms(plan: Plan): ModelTerms {
  const layout = layoutOf(plan.model.parameters);
  const parts = modelParts(layout, plan.model.topology, plan.training);
  return {
    plan,
    layout,
    parts,
    dimension: rangesSize(parts.updated),
    statistics: rangesSize(parts.statistics),
    codec: updateCodec(plan.update),
  };
}
