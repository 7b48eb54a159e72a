import { layoutOf } from "../model/parameter-layout.ts";
import type { ModelDescription } from "../model/tfjs-model.ts";
import { trainableRanges } from "../model/trainable-ranges.ts";
import { reportsNeeded } from "./aggregation/rule-table.ts";
import type { MeasureName } from "./metrics.ts";
import type { Plan } from "./plan.ts";
import type { TaskDefinition } from "./task-definition.ts";

/**
 * The plan that a task gives its clients: what concerns them, and nothing of how the server runs its rounds but the
 * rule of its aggregation and the smallest cohort it commits with.
 * @throws TributaryError `PLAN_INVALID` when the task trains a layer that the model does not have;
 *   `MODEL_UNSUPPORTED` when the model has no sound layout.
 */
export function planOf(task: TaskDefinition, model: ModelDescription): Plan {
  const {
    localEpochs,
    batchSize,
    optimizer,
    loss,
    metrics,
    trainable,
    proximal,
    gradientClipNorm,
    update,
    download,
    clipNorm,
  } = task.plan;
  trainableRanges(layoutOf(model.parameters), trainable);
  return {
    version: 1,
    task: task.name,
    population: task.population,
    model: {
      format: "tfjs-layers-model",
      topology: model.topology,
      parameters: model.parameters.map(({ name, shape }) => ({ name, shape })),
    },
    training: {
      ...{ localEpochs, batchSize, optimizer, loss, metrics, trainable },
      ...(proximal === null ? {} : { proximal }),
      ...(gradientClipNorm === null ? {} : { gradientClipNorm }),
    },
    update,
    download,
    clipNorm,
    aggregation: task.aggregation,
    minimumCohort: minimumReports(roundOf(task)),
  };
}

/**
 * How the task's rounds are run: as its file says, with a `minimumFraction` of at least what its aggregation rule needs, so
 * that a round with fewer reports is abandoned like any other that is too small.
 */
export function roundOf(task: TaskDefinition): TaskDefinition["round"] {
  const { goalCount, minimumFraction } = task.round;
  const needed = reportsNeeded(task.aggregation) / goalCount;
  return { ...task.round, minimumFraction: Math.max(minimumFraction, needed) };
}

/** Fewest reports that a round commits with when its time is up. */
export function minimumReports(round: TaskDefinition["round"]): number {
  // 0.7 · 10 is 7.000000000000001 in floating point: take off the dust before rounding up.
  return Math.max(1, Math.ceil(round.goalCount * round.minimumFraction - 1e-9));
}

/**
 * How an evaluation is run: as a round, with a goal of its own, and never with fewer reports than the plan's smallest cohort.
 */
export function evaluationRoundOf(task: TaskDefinition): TaskDefinition["round"] {
  const round = roundOf(task);
  const goalCount = task.evaluation.goalCount ?? round.goalCount;
  const least = minimumReports(round) / goalCount;
  return {
    ...round,
    goalCount,
    minimumFraction: Math.min(1, Math.max(round.minimumFraction, least)),
  };
}

/** What the task's checkpoints are compared by. */
export function measureOf(task: TaskDefinition): MeasureName {
  return task.evaluation.metric ?? task.plan.metrics[0] ?? "loss";
}

/** Whether a measurement is one that the task ends at; never without `stop.targetMetric`, nor when that was not measured. */
export function reachesTarget(
  task: TaskDefinition,
  metrics: Readonly<Record<string, number>>,
): boolean {
  const { targetMetric } = task.stop;
  if (targetMetric === undefined) return false;
  const { name, atLeast = -Infinity, atMost = Infinity } = targetMetric;
  const value = metrics[name];
  return value !== undefined && value >= atLeast && value <= atMost;
}
