import { Counter, Gauge, type Registry } from "prom-client";
import { makesCheckpoint } from "@tributary/core";
import type { ErrorCode, TaskId } from "@tributary/protocol";
import { TASK_STATES, type TaskState } from "../storage/round-store.ts";
import type { ServerEvent, TaskProblem } from "./server-event.ts";

/**
 * Adds the metrics of tasks. They cover the tasks that had not ended when the server started, and
 * those created since, so that tasks of the past do not make the number of series grow for ever.
 * @returns What counts an event.
 */
export function taskMetrics(registry: Registry): (event: ServerEvent) => void {
  const registers = [registry];
  const states = new Gauge({
    name: "tributary_task_state",
    help: "1 for the state that a task is in, 0 for every other state.",
    labelNames: ["task", "state"],
    registers,
  });
  const problems = new Gauge({
    name: "tributary_task_problem",
    help: "1 for each running task that does not get on, by the error code of the reason.",
    labelNames: ["task", "code"],
    registers,
  });
  const changes = new Counter({
    name: "tributary_task_changes_total",
    help: "Changes of a task's state, by the new state.",
    labelNames: ["state"],
    registers,
  });
  const refused = new Counter({
    name: "tributary_tasks_refused_total",
    help: "Tasks that the server has paused because all clients refuse them, by error code.",
    labelNames: ["code"],
    registers,
  });
  const roundNumber = new Gauge({
    name: "tributary_round_number",
    help: "Number of a task's newest committed round.",
    labelNames: ["task"],
    registers,
  });
  const show = (task: TaskId, current: TaskState): void => {
    for (const state of TASK_STATES) states.set({ task, state }, state === current ? 1 : 0);
  };
  const problemCodes = new Map<TaskId, ErrorCode>();
  const showProblem = (task: TaskId, problem: TaskProblem | null): void => {
    const code = problemCodes.get(task);
    if (code !== undefined) problems.remove({ task, code });
    problemCodes.delete(task);
    if (problem === null) return;
    problemCodes.set(task, problem.code);
    problems.set({ task, code: problem.code }, 1);
  };
  return (event) => {
    switch (event.type) {
      case "task-found":
        show(event.taskId, event.state);
        roundNumber.set({ task: event.taskId }, event.roundNumber);
        return;
      case "task-state":
        show(event.taskId, event.state);
        changes.inc({ state: event.state });
        if (event.state === "paused" && event.reason !== null) refused.inc({ code: event.reason });
        return;
      case "task-problem":
        showProblem(event.taskId, event.problem);
        return;
      case "round-ended": {
        const { taskId: task, kind, number, outcome } = event.round;
        if (outcome === "committed" && makesCheckpoint(kind)) roundNumber.set({ task }, number);
        return;
      }
      default:
    }
  };
}
