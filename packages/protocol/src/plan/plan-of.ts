import { layoutOf } from "../model/parameter-layout.ts";
import type { ModelDescription } from "../model/tfjs-model.ts";
import { modelParts, trainedNormalization } from "../model/model-parts.ts";
import { reportsNeeded } from "./aggregation/rule-table.ts";
import type { MeasureName } from "./metrics.ts";
import type { Plan } from "./plan.ts";
import type { TaskDefinition } from "./task-definition.ts";

/**
 * The plan that a task gives its clients. It has what concerns clients. Of how the server runs its
 * rounds it has only the aggregation rule and the smallest cohort that a round commits with.
 * @param minimumCohort - The fewest reports that the server lets any round commit with.
 * @throws TributaryError `PLAN_INVALID` when the task trains a layer that the model does not have;
 *   `MODEL_UNSUPPORTED` when the model has no sound layout.
 */
export function planOf(
  task: TaskDefinition,
  model: ModelDescription,
  minimumCohort: number = 1,
): Plan {
  const {
    localEpochs,
    batchSize,
    optimizer,
    loss,
    metrics,
    trainable,
    proximal,
    gradientClipNorm,
    batchNormalization,
    update,
    download,
    clipNorm,
  } = task.plan;
  const layout = layoutOf(model.parameters);
  const { topology } = model;
  const saysNothing =
    batchNormalization === "averaged" ||
    trainedNormalization(layout, topology, trainable).length === 0;
  const plan: Plan = {
    version: 1,
    task: task.name,
    population: task.population,
    model: {
      format: "tfjs-layers-model",
      topology,
      parameters: model.parameters.map(({ name, shape }) => ({ name, shape })),
    },
    training: {
      ...{ localEpochs, batchSize, optimizer, loss, metrics, trainable },
      ...(proximal === null ? {} : { proximal }),
      ...(gradientClipNorm === null ? {} : { gradientClipNorm }),
      ...(saysNothing ? {} : { batchNormalization }),
    },
    ...(task.examples === null ? {} : { examples: task.examples }),
    ...conditionsOf(task),
    ...statisticsOf(task),
    update,
    download,
    clipNorm,
    aggregation: task.aggregation,
    minimumCohort: minimumReports(roundOf(task, minimumCohort)),
  };
  modelParts(layout, topology, plan.training); // throws if no update can be made of it
  return plan;
}

/** The conditions that the task asks for, if there are any. */
function conditionsOf({ eligibility }: TaskDefinition): Pick<Plan, "conditions"> {
  const { minimumExamples: _, unknown, ...every } = eligibility;
  const asked = Object.entries(every).filter(([, value]) => value !== null && value !== false);
  return asked.length === 0 ? {} : { conditions: { ...Object.fromEntries(asked), unknown } };
}

function statisticsOf({ model }: TaskDefinition): Pick<Plan, "statistics"> {
  if (!("builtin" in model) || model.builtin !== "statistics") return {};
  return { statistics: { bins: model.bins } };
}

/**
 * How the task's rounds are run. This is what the task file says, but `minimumFraction` is raised
 * to what the aggregation rule and the server need. So a round with too few reports for either is
 * abandoned like any other round that is too small.
 * @param minimumCohort - The fewest reports that the server lets any round commit with; at most
 *   the task's `goalCount`.
 */
export function roundOf(task: TaskDefinition, minimumCohort: number = 1): TaskDefinition["round"] {
  const { goalCount, minimumFraction } = task.round;
  const needed = Math.max(reportsNeeded(task.aggregation), minimumCohort) / goalCount;
  return { ...task.round, minimumFraction: Math.max(minimumFraction, needed) };
}

/** The fewest reports with which a round commits when its time is up. */
export function minimumReports(round: TaskDefinition["round"]): number {
  // 0.7 · 10 is 7.000000000000001 in floating point, which must not be rounded up to 8.
  return Math.max(1, Math.ceil(round.goalCount * round.minimumFraction - 1e-9));
}

/**
 * How an evaluation is run: as a round is, but with a goal of its own, and never with fewer reports
 * than the plan's smallest cohort.
 * @param minimumCohort - As in `roundOf`; at most the evaluation's `goalCount`, too.
 */
export function evaluationRoundOf(
  task: TaskDefinition,
  minimumCohort: number = 1,
): TaskDefinition["round"] {
  const round = roundOf(task, minimumCohort);
  const goalCount = task.evaluation.goalCount ?? round.goalCount;
  const least = minimumReports(round) / goalCount;
  return {
    ...round,
    goalCount,
    minimumFraction: Math.min(1, Math.max(round.minimumFraction, least)),
  };
}

/** The measure by which the task's checkpoints are compared. */
export function measureOf(task: TaskDefinition): MeasureName {
  return task.evaluation.metric ?? task.plan.metrics[0] ?? "loss";
}

/**
 * Whether a measurement ends the task. It never does if the task has no `stop.targetMetric`, or if
 * that metric was not measured.
 */
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
