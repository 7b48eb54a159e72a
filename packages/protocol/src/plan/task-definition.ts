import type { FixedModelName } from "../model/builtin-models.ts";
import type { TransformerSizes } from "../model/char-transformer.ts";
import type { DownloadSpec } from "../model/download.ts";
import type { UpdateSpec } from "../update/codec-table.ts";
import type { AggregationSpec } from "./aggregation/rule-table.ts";
import type { ConditionName, Conditions, UnknownCondition } from "./conditions.ts";
import type { DataContract } from "./contract/data-contract.ts";
import type { LossName } from "./losses.ts";
import type { MeasureName, MetricName } from "./metrics.ts";
import type { CompleteOptimizer } from "./optimizers/optimizer-table.ts";
import type { ServerOptimizerSpec } from "./server-optimizers/server-optimizer-table.ts";

/**
 * A task: what a population of clients learns, and how. `parseTask` reads one from a task file and
 * fills in every default. docs/task-file.md says what each key means.
 */
export interface TaskDefinition {
  /** Name of the population of clients that train. */
  readonly population: string;
  /** Name of the task, for people. */
  readonly name: string;
  /** The model to train. */
  readonly model: ModelSource;
  /**
   * What the examples of all clients are, and how tables or text become examples; null if each client
   * decides so for itself.
   */
  readonly examples: DataContract | null;
  /** What each client does. */
  readonly plan: PlanSection;
  /** How a round is run. */
  readonly round: RoundSection;
  /** How the updates of a round become one. */
  readonly aggregation: AggregationSpec;
  /** Whether a report counts once for each of its examples, or once. */
  readonly weighting: Weighting;
  /** The most examples for which one report counts. */
  readonly maximumExamples: number;
  /** Which clients may take part. */
  readonly eligibility: EligibilitySection;
  /** How often a device may take part. */
  readonly participation: ParticipationSection;
  /** How the server makes the next checkpoint. */
  readonly serverOptimizer: ServerOptimizerSpec;
  /** How the model is judged. */
  readonly evaluation: EvaluationSection;
  /** When the task ends. */
  readonly stop: StopSection;
  /** When rounds may begin. */
  readonly schedule: ScheduleSection;
  /** Whether anyone may download the newest model of an open population without taking part. */
  readonly publicModel: boolean;
  /** From 0 to 100. Of two tasks of one population, the higher one gathers its cohort first. */
  readonly priority: number;
  /** What the task may cost. */
  readonly budget: BudgetSection;
}

/** Where a task's model comes from. */
export type ModelSource =
  | BuiltinSource
  /** The model.json of a tfjs LayersModel, relative to the task file. */
  | { readonly path: string };

/** A model that needs no file. */
export type BuiltinSource =
  | { readonly builtin: FixedModelName }
  | MlpSource
  | TransformerSource
  | StatisticsSource;

/** The builtin model `char-transformer`, with its sizes. */
export interface TransformerSource extends TransformerSizes {
  readonly builtin: "char-transformer";
}

/** No model, but what clients count of the columns of the task's data contract. */
export interface StatisticsSource {
  readonly builtin: "statistics";
  /** The number of bins of a column that has bounds. */
  readonly bins: number;
}

/** The builtin model `mlp`. What its last layer makes of its sums follows from the plan's loss. */
export interface MlpSource {
  readonly builtin: "mlp";
  /** The number of values of one example. */
  readonly inputs: number;
  /** The number of units of each layer between inputs and outputs; empty for a linear model. */
  readonly hidden: readonly number[];
  /** The number of classes, or of values to predict. */
  readonly outputs: number;
}

/** Whether a task counts columns and learns no model. */
export function isStatisticsTask({ model }: Pick<TaskDefinition, "model">): boolean {
  return "builtin" in model && model.builtin === "statistics";
}

/** What each client does; the parts of a `Plan` that a task decides. */
interface PlanSection {
  /** Passes of a client over its examples in one round. */
  readonly localEpochs: number;
  /** Examples in one step. */
  readonly batchSize: number;
  readonly optimizer: CompleteOptimizer;
  readonly loss: LossName;
  /** Reported besides the loss. */
  readonly metrics: readonly MetricName[];
  /** `all`, or the names of the layers that are trained and sent. */
  readonly trainable: "all" | readonly string[];
  /** μ of FedProx's proximal term; null for none. */
  readonly proximal: number | null;
  /** L2 bound of a step's gradient, weight units; null for no bound. */
  readonly gradientClipNorm: number | null;
  /** What becomes of the batch normalisation that is trained. */
  readonly batchNormalization: BatchNormalizationChoice;
  /** L2 bound of an update, weight units; null for no bound. */
  readonly clipNorm: number | null;
  /** How updates are encoded. */
  readonly update: UpdateSpec;
  /** How checkpoints travel to clients. */
  readonly download: DownloadSpec;
}

/**
 * What a task can say about batch normalisation. A plan says nothing about `averaged`, so that older
 * clients know it.
 */
export const batchNormalizationChoices = ["pooled", "local", "averaged"] as const;

/** What a task says about batch normalisation. */
export type BatchNormalizationChoice = (typeof batchNormalizationChoices)[number];

/** What decides how much a report counts. */
export const weightingNames = ["examples", "uniform"] as const;

/** What decides how much a report counts. */
export type Weighting = (typeof weightingNames)[number];

/** How a round is run. */
interface RoundSection {
  /** Reports with which a round closes. */
  readonly goalCount: number;
  /** Clients that are selected for each report wanted; ≥ 1. */
  readonly overselection: number;
  /** Share of the goal that is enough when time is up; above 0, at most 1. */
  readonly minimumFraction: number;
  /** Longest wait for clients, milliseconds. */
  readonly selectionTimeoutMs: number;
  /** Longest wait for reports, milliseconds. */
  readonly reportingTimeoutMs: number;
}

/**
 * Which clients may take part. All but `minimumExamples` are conditions, which travel in the plan; a
 * flag that is false and a value that is null ask for nothing.
 */
interface EligibilitySection extends EveryCondition {
  /** What a condition counts as of which a device cannot tell whether it holds. */
  readonly unknown: UnknownCondition;
  /** Only clients with at least this many examples. */
  readonly minimumExamples: number;
}

/** Every condition, asked for or not. */
type EveryCondition = {
  readonly [Name in ConditionName]-?: Required<Conditions>[Name] extends boolean
    ? boolean
    : Required<Conditions>[Name] | null;
};

/** How often a device may take part. */
interface ParticipationSection {
  /** Rounds from one of a device's rounds to its next; 1 lets it be in every round. */
  readonly minimumSeparation: number;
  /**
   * A device takes part once at most in each window of this length, milliseconds; null for no
   * limit.
   */
  readonly windowMs: number | null;
}

/** Whose measurements a task can be judged by. */
export const judgeNames = ["training", "clients", "operator"] as const;

/** Whose measurements a task is judged by. */
export type JudgeName = (typeof judgeNames)[number];

/** How the model is judged. */
interface EvaluationSection {
  readonly judgedBy: JudgeName;
  /** What the best checkpoint is best in; the plan's first metric, or the loss, if left out. */
  readonly metric?: MeasureName;
  /** Clients evaluate the checkpoints of every so many rounds; null for never. */
  readonly everyRounds: number | null;
  /** Reports with which an evaluation closes; as many as a round if left out. */
  readonly goalCount?: number;
}

/** When the task ends. */
interface StopSection {
  /** Rounds that are committed before the task ends. */
  readonly rounds: number;
  /** Ends the task once a measurement reaches this; one of the two bounds is there. */
  readonly targetMetric?: {
    readonly name: MeasureName;
    readonly atLeast?: number;
    readonly atMost?: number;
  };
  /** Ends the task once `evaluation.metric` gets no better. */
  readonly plateau?: {
    /** Measurements in a row without a better one. */
    readonly measurements: number;
    /** By how much a measurement has to be better than the best before it; ≥ 0. */
    readonly minimumChange: number;
  };
}

/** When rounds may begin. Times are ISO 8601: `instantMs` reads them. */
interface ScheduleSection {
  /** No round begins before this time. */
  readonly startAt: string | null;
  /** No round begins from this time on: the task ends. */
  readonly endAt: string | null;
  /** Rounds begin only within this window of each day; times of day like 22:30, UTC. */
  readonly dailyWindow: { readonly from: string; readonly to: string } | null;
  /** Least time from the end of a cohort's round to the next, milliseconds. */
  readonly minimumIntervalMs: number;
}

/** What the task may cost; null for no limit. A round in flight is still finished. */
interface BudgetSection {
  /** Bytes that its rounds move, up and down. */
  readonly bytes: number | null;
  /** Reports that its rounds take. */
  readonly reports: number | null;
  /** How long its rounds last in all, milliseconds. */
  readonly roundTimeMs: number | null;
}

/** The moment that a time in a task file names, milliseconds since the Unix epoch. */
export function instantMs(time: string): number {
  return Date.parse(time);
}
