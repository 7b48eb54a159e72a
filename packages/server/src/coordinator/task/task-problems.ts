import { asTributaryError, type TaskId } from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";
import type { EventPublisher } from "../../telemetry/event-feed.ts";
import type { TaskProblem } from "../../telemetry/server-event.ts";

/** Keeps the problems of tasks for as long as they last. Each change is published and logged. */
export class TaskProblems {
  readonly #events: EventPublisher;
  readonly #logger: Logger;
  readonly #problems: Map<TaskId, TaskProblem> = new Map();

  constructor(deps: { readonly events: EventPublisher; readonly logger: Logger }) {
    this.#events = deps.events;
    this.#logger = deps.logger;
  }

  /** The number of tasks that have a problem. */
  get count(): number {
    return this.#problems.size;
  }

  of(taskId: TaskId): TaskProblem | undefined {
    return this.#problems.get(taskId);
  }

  /** Takes note of why a task does not get on. The same problem is reported only once. */
  note(taskId: TaskId, thrown: unknown): void {
    const problem = problemOf(thrown);
    const known = this.#problems.get(taskId);
    if (known?.code === problem.code && known.message === problem.message) return;
    this.#problems.set(taskId, problem);
    this.#logger.error("task cannot run", { error: thrown, task: taskId });
    this.#events.publish({ type: "task-problem", taskId, problem });
  }

  /** Call when a task gets on again, or when it is not to run any more. */
  clear(taskId: TaskId): void {
    if (!this.#problems.delete(taskId)) return;
    this.#events.publish({ type: "task-problem", taskId, problem: null });
  }
}

/** What operators are told of an error that keeps a task from running. */
export function problemOf(thrown: unknown): TaskProblem {
  const { code, message } = asTributaryError(thrown);
  return { code, message };
}
