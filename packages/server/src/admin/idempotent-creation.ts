import {
  TributaryError,
  canonicalize,
  encodeCheckpoint,
  utf8,
  type CryptoProvider,
  type TaskId,
} from "@tributary/protocol";
import type { Coordinator } from "../coordinator/coordinator.ts";
import type { RoundStore, StoredTask } from "../storage/round-store.ts";
import type { NewTask } from "./new-task.ts";

/** Hexadecimal digits of a task's id that its key decides; its content decides the others. */
const KEY_DIGITS = 16;

export interface IdempotentCreationDeps {
  readonly coordinator: Coordinator;
  readonly store: Pick<RoundStore, "task" | "tasks">;
  readonly crypto: CryptoProvider;
}

/**
 * Creates tasks so that a request which is sent again creates nothing again. The id of such a task
 * is made of its key and of its content: the store itself remembers the key, across restarts and
 * for as long as the task exists, and takes a task once only.
 */
export class IdempotentCreation {
  readonly #deps: IdempotentCreationDeps;
  /** Resolves when the last creation with a key has ended: they run one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: IdempotentCreationDeps) {
    this.#deps = deps;
  }

  /**
   * Creates a task, or returns the one that an equal request with the same key has created.
   * @param key - Chosen by whoever sends the request; undefined to create a task in any case.
   * @throws TributaryError `ADMIN_KEY_REUSED` when the key has created another task; those of
   *   `Coordinator.createTask`.
   */
  create(task: NewTask, key: string | undefined): Promise<StoredTask> {
    const { definition, model, values } = task;
    if (key === undefined) return this.#deps.coordinator.createTask(definition, model, values);
    const result = this.#turn.then(() => this.#createOnce(task, key));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #createOnce(task: NewTask, key: string): Promise<StoredTask> {
    const { coordinator, store } = this.#deps;
    const id = this.#idOf(task, key);
    const known = await store.task(id);
    if (known !== undefined) return known;
    const start = id.slice(0, "task_".length + KEY_DIGITS);
    const other = (await store.tasks()).find((each) => each.id.startsWith(start));
    if (other !== undefined) {
      throw new TributaryError(
        "ADMIN_KEY_REUSED",
        `The idempotency key has created the task ${other.id}, which is another one`,
        { remedy: "Use a new key for a new task.", context: { task: other.id } },
      );
    }
    const { definition, model, values } = task;
    return coordinator.createTask(definition, model, values, id);
  }

  #idOf({ definition, model, values, start }: NewTask, key: string): TaskId {
    // The weights of a builtin model are drawn anew for each request, and are no part of it.
    const weights = "builtin" in definition.model ? new Uint8Array(0) : encodeCheckpoint(values);
    const content = canonicalize({ definition, model, start, weights: this.#hex(weights) });
    const digits = [utf8(key), utf8(content)].map((part) => this.#hex(part).slice(0, KEY_DIGITS));
    return `task_${digits.join("")}` as TaskId;
  }

  #hex(bytes: Uint8Array): string {
    return Buffer.from(this.#deps.crypto.sha256(bytes)).toString("hex");
  }
}
