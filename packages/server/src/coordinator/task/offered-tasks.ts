import { TributaryError, isStatisticsTask, type TaskId } from "@tributary/protocol";
import type { TaskRecord } from "../../storage/round-store.ts";

/** What is told of a task. */
interface Candidate extends Pick<TaskRecord, "id" | "population" | "createdAtMs" | "state"> {
  /** Absent when the definition cannot be read. */
  readonly definition?: Pick<TaskRecord["definition"], "publicModel" | "model">;
}

/** What decides whether a task's model is the one that its population offers, and to whom. */
interface Offer extends Omit<Candidate, "definition"> {
  readonly isPublic: boolean;
}

/**
 * Knows whose model each population offers to clients that ask for the newest: that of its running
 * task or, if none is running, that of the task which was created last. Statistics tasks have no
 * model to offer. It is told of every task
 * and of every change of a task's state, so that a client's request costs no look into the store.
 */
export class OfferedTasks {
  readonly #populations: Map<string, { readonly tasks: Map<TaskId, Offer>; best: Offer }> =
    new Map();

  /** Takes note of a task that is new or whose state has changed. */
  note({ id, population, createdAtMs, state, definition }: Candidate): void {
    if (definition !== undefined && isStatisticsTask(definition)) return;
    const task: Offer = {
      ...{ id, population, createdAtMs, state },
      isPublic: definition?.publicModel ?? false,
    };
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

  /**
   * The task whose model a population offers to a client.
   * @param isEnrolled - Whether the population has enrolment and has admitted the client.
   * @throws TributaryError `MODEL_UNAVAILABLE` when the population has no task; `MODEL_NOT_PUBLIC`
   *   when its task does not give the model to strangers.
   */
  taskFor(population: string, isEnrolled: boolean): TaskId {
    const task = this.#populations.get(population)?.best;
    if (task === undefined) {
      throw new TributaryError("MODEL_UNAVAILABLE", `Population "${population}" has no model yet`, {
        remedy: "Ask again once a task has been created for it.",
        retryAfterMs: 5_000,
      });
    }
    if (isEnrolled || task.isPublic) return task.id;
    throw new TributaryError(
      "MODEL_NOT_PUBLIC",
      `The model of population "${population}" is for clients that take part`,
      {
        remedy:
          "Use the checkpoint of this client's own rounds. Whoever runs the server can write " +
          "`publicModel: true` into the task file, or have the population's clients enrol.",
      },
    );
  }
}

function betterOf(a: Offer, b: Offer): Offer {
  const byState = Number(b.state === "running") - Number(a.state === "running");
  return (byState || b.createdAtMs - a.createdAtMs) > 0 ? b : a;
}
