import type { TaskId } from "@tributary/protocol";
import type { TaskRecord } from "../../storage/round-store.ts";

/** What decides whether a task's model is the one that its population offers. */
type Candidate = Pick<TaskRecord, "id" | "population" | "createdAtMs" | "state">;

/**
 * Knows whose model each population offers to clients that ask for the newest: that of its running
 * task or, if none is running, that of the task which was created last. It is told of every task
 * and of every change of a task's state, so that a client's request costs no look into the store.
 */
export class OfferedTasks {
  readonly #populations: Map<string, { readonly tasks: Map<TaskId, Candidate>; best: Candidate }> =
    new Map();

  /** Takes note of a task that is new or whose state has changed. */
  note({ id, population, createdAtMs, state }: Candidate): void {
    const task: Candidate = { id, population, createdAtMs, state };
    const known = this.#populations.get(population);
    if (known === undefined) {
      this.#populations.set(population, { tasks: new Map([[id, task]]), best: task });
      return;
    }
    known.tasks.set(id, task);
    // Only a change of the best task itself makes the others be looked at again.
    if (known.best.id === id) known.best = [...known.tasks.values()].reduce(betterOf);
    else known.best = betterOf(known.best, task);
  }

  /** The task whose model a population offers; undefined when it has no task. */
  of(population: string): TaskId | undefined {
    return this.#populations.get(population)?.best.id;
  }
}

function betterOf(a: Candidate, b: Candidate): Candidate {
  const byState = Number(b.state === "running") - Number(a.state === "running");
  return (byState || b.createdAtMs - a.createdAtMs) > 0 ? b : a;
}
