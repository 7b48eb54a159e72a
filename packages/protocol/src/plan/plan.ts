import type { DownloadSpec } from "../model/download.ts";
import type { BatchNormalization } from "../model/model-parts.ts";
import type { ParameterShape } from "../model/parameter-layout.ts";
import type { UpdateSpec } from "../update/codec-table.ts";
import type { AggregationSpec } from "./aggregation/rule-table.ts";
import type { Conditions } from "./conditions.ts";
import type { DataContract } from "./contract/data-contract.ts";
import type { LossName } from "./losses.ts";
import type { MetricName } from "./metrics.ts";
import type { OptimizerSpec } from "./optimizers/optimizer-table.ts";

/**
 * Everything that a client of a round does. The server signs the plan, and a client does nothing
 * that the plan does not say. A plan's name is the SHA-256 of its canonical bytes.
 */
export interface Plan {
  readonly version: 1;
  /** Name of the task. */
  readonly task: string;
  readonly population: string;
  readonly model: {
    readonly format: "tfjs-layers-model";
    /** `{ class_name, config }`, as tfjs writes it. */
    readonly topology: object;
    /** The checkpoint's layout: the parameters in order. */
    readonly parameters: readonly ParameterShape[];
  };
  readonly training: {
    /** Passes over the client's examples. */
    readonly localEpochs: number;
    /** Examples in one step. */
    readonly batchSize: number;
    readonly optimizer: OptimizerSpec;
    readonly loss: LossName;
    /** Reported besides the loss, as means over the client's examples. */
    readonly metrics: readonly MetricName[];
    /** `all`, or the names of the layers that are trained and sent. */
    readonly trainable: "all" | readonly string[];
    /**
     * μ of the proximal term μ/2 · ‖w − w₀‖², where w₀ is the round's checkpoint
     * (arXiv:1812.06127). There is no such term if it is left out.
     */
    readonly proximal?: number;
    /**
     * L2 bound of every step's gradient, proximal term included, weight units. Gradients are not
     * bounded if it is left out.
     */
    readonly gradientClipNorm?: number;
    /**
     * What becomes of the batch normalisation that is trained. If it is left out, its moving
     * statistics are parameters like all others.
     */
    readonly batchNormalization?: BatchNormalization;
  };
  /**
   * What the examples are, and how tables or text become examples. Without it, each client decides so for
   * itself.
   */
  readonly examples?: DataContract;
  /**
   * What a client counts of its table in place of training: the columns of `examples`. The model's
   * parameters are then means over rows: see `statisticsColumns`.
   */
  readonly statistics?: {
    /** The number of bins of a column that has bounds. */
    readonly bins: number;
  };
  /**
   * What the device must be like for as long as it works on a round. Without it, the plan asks for
   * nothing.
   */
  readonly conditions?: Conditions;
  /** How the update is encoded. */
  readonly update: UpdateSpec;
  /** How checkpoints travel to the clients. */
  readonly download: DownloadSpec;
  /** L2 bound of the update, weight units; null for no bound. */
  readonly clipNorm: number | null;
  /**
   * How the server combines the updates. A round with fewer reports than the rule needs is
   * abandoned.
   */
  readonly aggregation: AggregationSpec;
  /** The fewest reports with which a round of this plan is committed. */
  readonly minimumCohort: number;
}
