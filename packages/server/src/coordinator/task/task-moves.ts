import type { TaskEndReason } from "@tributary/core";
import type { ErrorCode, TaskId } from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";
import type { RoundStore, TaskMoveReason, TaskState } from "../../storage/round-store.ts";
import type { EventPublisher } from "../../telemetry/event-feed.ts";

/** What moving a task to another state needs. */
export interface TaskMovesDeps {
  readonly store: RoundStore;
  readonly logger: Logger;
  readonly events: EventPublisher;
}

/** Moves a task to another state because of what its rounds have come to. */
export class TaskMoves {
  readonly #id: TaskId;
  readonly #onMoved: (state: TaskState) => void;
  readonly #deps: TaskMovesDeps;

  /** @param onMoved - Called when it is stored that the task has another state. */
  constructor(id: TaskId, onMoved: (state: TaskState) => void, deps: TaskMovesDeps) {
    this.#id = id;
    this.#onMoved = onMoved;
    this.#deps = deps;
  }

  /**
   * Stores that the task has come to its end. A task that was paused during its last round has
   * nothing left to be resumed for.
   * @returns Whether the store has taken note of it. If not, the next start of the server finds the
   *   task past its end.
   */
  finish(endReason: TaskEndReason): Promise<boolean> {
    return this.#store(["running", "paused"], "finished", { endReason });
  }

  /**
   * Stores that the task is paused because all clients refuse it.
   * @returns Whether the store has taken note of it.
   */
  pause(pauseReason: ErrorCode): Promise<boolean> {
    return this.#store(["running"], "paused", { pauseReason });
  }

  /** Publishes a change that has been stored. */
  publish(state: "finished" | "paused", reason: TaskEndReason | ErrorCode): void {
    this.#deps.events.publish({ type: "task-state", taskId: this.#id, state, reason });
  }

  async #store(
    from: readonly TaskState[],
    to: TaskState,
    reason: TaskMoveReason,
  ): Promise<boolean> {
    const { store, logger } = this.#deps;
    try {
      const isStored = await store.setTaskState(this.#id, from, to, reason);
      if (isStored) this.#onMoved(to);
      return isStored;
    } catch (error) {
      logger.error("task state not stored", { error, task: this.#id });
      return false;
    }
  }
}
