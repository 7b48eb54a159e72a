import {
  TributaryError,
  planIdOf,
  taskId,
  type CryptoProvider,
  type TaskId,
} from "@tributary/protocol";
import type { Coordinator } from "../coordinator/coordinator.ts";
import { shownRounds } from "../coordinator/round/shown-rounds.ts";
import type { RoundStore, StoredTask, UnreadableTask } from "../storage/round-store.ts";
import type { AdminDeps } from "./admin-deps.ts";
import {
  taskCreationHeaders,
  taskListSchema,
  taskParams,
  taskViewSchema,
  type TaskSummaryView,
  type TaskView,
} from "./admin-schemas.ts";
import type { AnsweredCode } from "./error-status.ts";
import { IdempotentCreation } from "./idempotent-creation.ts";
import { nothingBody } from "./json-body.ts";
import { newTaskBody } from "./new-task.ts";
import { jsonRoute, type Route } from "./route.ts";
import { inFlightOf } from "./round-views.ts";
import { taskWarnings } from "./task-warnings.ts";

export type TaskRouteDeps = Pick<
  AdminDeps,
  "coordinator" | "store" | "clock" | "crypto" | "random" | "limits" | "constants" | "minimumCohort"
>;

/** Routes with which an operator creates, starts, pauses and cancels tasks. */
export function taskRoutes(deps: TaskRouteDeps): readonly Route[] {
  const { coordinator, store } = deps;
  const creation = new IdempotentCreation(deps);
  return [
    jsonRoute({
      method: "get",
      path: "/v1/tasks",
      operation: "listTasks",
      summary: "Lists all tasks, oldest first.",
      answer: { description: "The tasks.", schema: taskListSchema },
      async handle() {
        const tasks = await store.tasks();
        return { json: { tasks: await Promise.all(tasks.map((task) => summaryOf(task, deps))) } };
      },
    }),
    jsonRoute({
      method: "post",
      path: "/v1/tasks",
      operation: "createTask",
      summary: "Creates a task.",
      headers: taskCreationHeaders,
      body: newTaskBody(deps),
      answer: {
        status: 201,
        description: "The new task. The header `Location` is its path.",
        schema: taskViewSchema,
      },
      errors: [
        ...(["TASK_INVALID", "PLAN_INVALID", "MODEL_UNSUPPORTED", "DATA_UNREADABLE"] as const),
        "ADMIN_KEY_REUSED",
      ],
      async handle({ headers, body }) {
        const { start } = body;
        const created = await creation.create(body, headers["idempotency-key"]);
        // A request that is sent again also starts a task that the first one did not come to start.
        const isDue = start && created.state === "created";
        const task = isDue ? await coordinator.startTask(created.id) : created;
        return {
          json: await viewOf(task, deps),
          headers: { location: `/v1/tasks/${task.id}` },
          note: `task ${task.name} of ${task.population}${start ? ", started" : ""}`,
        };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/tasks/{id}",
      operation: "getTask",
      summary: "Returns one task with its progress and its newest round.",
      params: taskParams,
      answer: { description: "The task.", schema: taskViewSchema },
      errors: ["TASK_UNKNOWN"],
      handle: async ({ params }) => ({
        json: await viewOf(await requireTask(store, taskId(params.id)), deps),
      }),
    }),
    taskAction(deps, {
      verb: "start",
      summary: "Starts a task that is created or paused.",
      act: (id) => coordinator.startTask(id),
      errors: ["TASK_INVALID", "TASK_UNREADABLE", "CHECKPOINT_UNKNOWN", "CHECKPOINT_CORRUPT"],
    }),
    taskAction(deps, {
      verb: "pause",
      summary:
        "Pauses a task. No further round starts, and the round in flight goes on. Answers at once.",
      act: (id) => coordinator.pauseTask(id),
    }),
    taskAction(deps, {
      verb: "cancel",
      summary: "Ends a task for good. Its round in flight is abandoned; its committed rounds stay.",
      act: (id) => coordinator.cancelTask(id),
    }),
  ];
}

/**
 * Reads a task that must exist.
 * @throws TributaryError `TASK_UNKNOWN` when there is no such task.
 */
export async function requireTask(store: RoundStore, id: TaskId): Promise<StoredTask> {
  const task = await store.task(id);
  if (task !== undefined) return task;
  throw new TributaryError("TASK_UNKNOWN", `There is no task ${id}`, {
    remedy: "`tributary task list` names the tasks.",
    context: { task: id },
  });
}

/** Makes a route that changes the state of a task. */
function taskAction(
  deps: TaskRouteDeps,
  action: {
    readonly verb: "start" | "pause" | "cancel";
    readonly summary: string;
    readonly act: (id: TaskId) => Promise<StoredTask>;
    /** The errors that only this action can give. */
    readonly errors?: readonly AnsweredCode[];
  },
): Route {
  return jsonRoute({
    method: "post",
    path: `/v1/tasks/{id}/${action.verb}`,
    operation: `${action.verb}Task`,
    summary: action.summary,
    params: taskParams,
    body: nothingBody(deps.constants.maxPlanBytes),
    answer: { description: "The task.", schema: taskViewSchema },
    errors: ["TASK_UNKNOWN", "TASK_STATE_CONFLICT", ...(action.errors ?? [])],
    handle: async ({ params }) => ({
      json: await viewOf(await action.act(taskId(params.id)), deps),
    }),
  });
}

async function summaryOf(
  task: StoredTask,
  deps: { readonly coordinator: Coordinator; readonly crypto: CryptoProvider },
): Promise<TaskSummaryView> {
  const { planBytes, ...record } = "fault" in task ? withoutDefinition(task) : task;
  const progress = await deps.coordinator.progress(task);
  return {
    ...record,
    planId: planIdOf(deps.crypto, planBytes),
    progress: { ...progress, problem: progress.problem ?? null },
  };
}

/** The fault of a task that cannot be read is told as the problem in its progress. */
const withoutDefinition = (task: UnreadableTask) => ({
  ...task,
  fault: undefined,
  definition: null,
});

/** A task as the API shows it, with its best checkpoint and its newest round. */
export async function viewOf(task: StoredTask, deps: TaskRouteDeps): Promise<TaskView> {
  const summary = await summaryOf(task, deps);
  const isReadable = !("fault" in task) && summary.progress.problem === null;
  return {
    ...summary,
    best: (await deps.coordinator.best(task)) ?? null,
    inFlight: inFlightOf(task.id, deps),
    lastRound: (await shownRounds(task.id, deps)).at(-1) ?? null,
    warnings: isReadable ? taskWarnings(task, deps.limits) : [],
  };
}
