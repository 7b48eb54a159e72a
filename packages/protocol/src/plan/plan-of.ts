import { layoutOf } from "../model/parameter-layout.ts";
import type { ModelDescription } from "../model/tfjs-model.ts";
import { trainableRanges } from "../model/trainable-ranges.ts";
import type { Plan } from "./plan-schema.ts";
import type { TaskDefinition } from "./task-schema.ts";

/**
 * The plan that a task gives its clients: what concerns them, and nothing of how the server runs its rounds but the
 * smallest cohort it commits with, `goalCount × minimumFraction` rounded up.
 * @throws TributaryError `PLAN_INVALID` when the task trains a layer that the model does not have;
 *   `MODEL_UNSUPPORTED` when the model has no sound layout.
 */
export function planOf(task: TaskDefinition, model: ModelDescription): Plan {
  const { localEpochs, batchSize, optimizer, loss, metrics, trainable, update, clipNorm } =
    task.plan;
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
    training: { localEpochs, batchSize, optimizer, loss, metrics, trainable },
    update,
    clipNorm,
    minimumCohort: minimumReports(task.round),
  };
}

/** Fewest reports that a round commits with when its time is up. */
export function minimumReports(round: TaskDefinition["round"]): number {
  // 0.7 · 10 is 7.000000000000001 in floating point: take off the dust before rounding up.
  return Math.max(1, Math.ceil(round.goalCount * round.minimumFraction - 1e-9));
}
