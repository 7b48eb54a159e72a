import { taskId } from "@tributary/protocol";
import {
  evaluationRequestSchema,
  operatorEvaluationSchema,
  rollbackSchema,
  roundSchema,
  taskParams,
  taskViewSchema,
} from "./admin-schemas.ts";
import { jsonBody } from "./json-body.ts";
import { jsonRoute, type Route } from "./route.ts";
import { requireTask, viewOf, type TaskRouteDeps } from "./task-routes.ts";

/** Routes that measure a task's checkpoints, and that make an older one the newest again. */
export function evaluationRoutes(deps: TaskRouteDeps): readonly Route[] {
  const { coordinator, store, constants } = deps;
  return [
    jsonRoute({
      method: "post",
      path: "/v1/tasks/{id}/evaluate",
      operation: "evaluateTask",
      summary:
        "Lets clients measure a checkpoint of a running task on held-out examples, " +
        "once the round in flight has ended.",
      params: taskParams,
      body: jsonBody(evaluationRequestSchema, constants.maxPlanBytes, "The checkpoint."),
      answer: { description: "The task.", schema: taskViewSchema },
      errors: ["TASK_UNKNOWN", "TASK_UNREADABLE", "TASK_STATE_CONFLICT", "CHECKPOINT_UNKNOWN"],
      async handle({ params, body }) {
        const task = await requireTask(store, taskId(params.id));
        const newest = (await store.lastCommitted(task.id))?.roundNumber ?? 0;
        const roundNumber = body.roundNumber ?? newest;
        const asked = await coordinator.requestEvaluation(task.id, roundNumber);
        return { json: await viewOf(asked, deps), note: `checkpoint of round ${roundNumber}` };
      },
    }),
    jsonRoute({
      method: "post",
      path: "/v1/tasks/{id}/evaluations",
      operation: "recordEvaluation",
      summary: "Records how well a checkpoint did on the operator's own examples.",
      params: taskParams,
      body: jsonBody(operatorEvaluationSchema, constants.maxPlanBytes, "The measurement."),
      answer: {
        status: 201,
        description: "The measurement as it was recorded.",
        schema: roundSchema,
      },
      errors: ["TASK_UNKNOWN", "CHECKPOINT_UNKNOWN", "METRICS_INVALID"],
      async handle({ params, body }) {
        const record = await coordinator.recordEvaluation(taskId(params.id), body);
        return { json: record, note: `checkpoint of round ${body.roundNumber}` };
      },
    }),
    jsonRoute({
      method: "post",
      path: "/v1/tasks/{id}/rollback",
      operation: "rollBackTask",
      summary:
        "Makes an older checkpoint the newest, as a round of its own. " +
        "Training goes on from there. The round in flight is abandoned.",
      params: taskParams,
      body: jsonBody(rollbackSchema, constants.maxPlanBytes, "The checkpoint."),
      answer: { description: "The task.", schema: taskViewSchema },
      errors: [
        ...(["TASK_UNKNOWN", "TASK_UNREADABLE", "TASK_STATE_CONFLICT"] as const),
        ...(["CHECKPOINT_UNKNOWN", "CHECKPOINT_CORRUPT"] as const),
      ],
      async handle({ params, body }) {
        const task = await coordinator.rollBackTask(taskId(params.id), body.roundNumber);
        return { json: await viewOf(task, deps), note: `to round ${body.roundNumber}` };
      },
    }),
  ];
}
