import { Counter, Gauge, type Registry } from "prom-client";
import { makesCheckpoint } from "@tributary/core";
import type { TaskId } from "@tributary/protocol";
import { TASK_STATES, type TaskState } from "../storage/round-store.ts";
import type { ServerEvent } from "./server-event.ts";

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
  const changes = new Counter({
    name: "tributary_task_changes_total",
    help: "Changes of a task's state, by the new state.",
    labelNames: ["state"],
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
  return (event) => {
    switch (event.type) {
      case "task-found":
        show(event.taskId, event.state);
        roundNumber.set({ task: event.taskId }, event.roundNumber);
        return;
      case "task-state":
        show(event.taskId, event.state);
        changes.inc({ state: event.state });
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
