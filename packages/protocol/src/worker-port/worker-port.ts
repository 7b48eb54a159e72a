import { TributaryError, isTributaryError } from "../errors.ts";
import { fromPlain } from "../plain-error.ts";
import {
  isWorkerMessage,
  type Conversation,
  type OwnerMessage,
  type RequestType,
} from "./conversation.ts";
import type { WorkerEndpoint } from "./endpoint.ts";

/** How a request is sent. */
export interface AskOptions {
  /** Memory of the request that moves to the worker and is gone here. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Aborts the request: the promise rejects at once, and the worker's handler sees it. */
  readonly signal?: AbortSignal | undefined;
}

/** A request that waits for its answer. */
interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: TributaryError) => void;
}

/**
 * A worker as its owner sees it: a thread, a process or a Web Worker that answers requests. The
 * other side is `serve`.
 *
 * ```ts
 * type Adding = { add: { request: { a: number; b: number }; answer: number } };
 * const port = new WorkerPort<Adding>(threadEndpoint(new Worker(script)));
 * const sum = await port.ask("add", { a: 1, b: 2 });
 * await port.close();
 * ```
 */
export class WorkerPort<Talk extends Conversation<Talk>> {
  readonly #endpoint: WorkerEndpoint;
  readonly #name: string;
  readonly #onDeath: (error: TributaryError) => void;
  readonly #asked: Map<number, Asked> = new Map();
  #nextId = 0;
  /** Why nothing can be asked any more. */
  #end: TributaryError | undefined;

  /**
   * @param options.name - Names the worker in errors, such as "The thread that adds".
   * @param options.onDeath - Called once if the worker ends without having been closed, or fails at
   * a request that it was told, after which it is ended. All that was asked has been rejected by
   * then.
   */
  constructor(
    endpoint: WorkerEndpoint,
    options: {
      readonly name?: string;
      readonly onDeath?: (error: TributaryError) => void;
    } = {},
  ) {
    this.#endpoint = endpoint;
    this.#name = options.name ?? "A worker";
    this.#onDeath = options.onDeath ?? (() => {});
    endpoint.onMessage((message) => this.#receive(message));
    endpoint.onEnd((cause) => this.#die(cause));
  }

  /** Whether the worker has neither died nor been closed. */
  get isAlive(): boolean {
    return this.#end === undefined;
  }

  /** How many requests have not been answered. */
  get pending(): number {
    return this.#asked.size;
  }

  /**
   * Asks the worker.
   * @returns The answer. Answers come in any order.
   * @throws TributaryError What the worker's handler has thrown, as a `TributaryError`; `ABORTED`
   * when `signal` aborts or the port is closed; `INTERNAL` when the worker has died; `BAD_PARAMETER`
   * when the request cannot be cloned.
   */
  ask<Type extends RequestType<Talk>>(
    type: Type,
    request: Talk[Type]["request"],
    options: AskOptions = {},
  ): Promise<Talk[Type]["answer"]> {
    const { transfer = [], signal } = options;
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      if (signal?.aborted === true) throw aborted(signal);
      const id = this.#nextId++;
      const waiting = { resolve, reject };
      const asked = signal === undefined ? waiting : this.#abortable(id, waiting, signal);
      this.#asked.set(id, asked);
      try {
        this.#endpoint.post({ id, type, request } satisfies OwnerMessage, transfer);
      } catch (error) {
        this.#asked.delete(id);
        asked.reject(this.#cannotBeSent(error));
      }
    });
  }

  /**
   * Sends a request whose answer nobody waits for. A worker that has ended does not get it.
   * @throws TributaryError `BAD_PARAMETER` when the request cannot be cloned.
   */
  tell<Type extends RequestType<Talk>>(
    type: Type,
    request: Talk[Type]["request"],
    { transfer = [] }: Pick<AskOptions, "transfer"> = {},
  ): void {
    if (this.#end !== undefined) return;
    try {
      this.#endpoint.post({ type, request } satisfies OwnerMessage, transfer);
    } catch (error) {
      throw this.#cannotBeSent(error);
    }
  }

  /** Ends the worker, whatever it is doing. What it was asked is rejected with `ABORTED`. */
  async close(): Promise<void> {
    this.#finish(new TributaryError("ABORTED", `${this.#name} has been closed`));
    await this.#endpoint.terminate();
  }

  #cannotBeSent(cause: unknown): TributaryError {
    return new TributaryError("BAD_PARAMETER", `${this.#name} cannot be sent the request`, {
      cause,
    });
  }

  /** The same request, which its signal rejects, and which lets go of the signal in the end. */
  #abortable(id: number, { resolve, reject }: Asked, signal: AbortSignal): Asked {
    const abort = (): void => {
      this.#asked.delete(id);
      signal.removeEventListener("abort", abort);
      this.#endpoint.post({ abort: id } satisfies OwnerMessage, []);
      reject(aborted(signal));
    };
    signal.addEventListener("abort", abort);
    return {
      resolve(answer) {
        signal.removeEventListener("abort", abort);
        resolve(answer);
      },
      reject(error) {
        signal.removeEventListener("abort", abort);
        reject(error);
      },
    };
  }

  #receive(message: unknown): void {
    if (!isWorkerMessage(message)) return;
    if (message.id === undefined) {
      this.#giveUp(fromPlain(message.failure));
      return;
    }
    const asked = this.#asked.get(message.id);
    if (asked === undefined) return; // aborted
    this.#asked.delete(message.id);
    if (message.failure === undefined) asked.resolve(message.answer);
    else asked.reject(fromPlain(message.failure));
  }

  /** Ends a worker that has failed at what it was told: what it says from now on is of no use. */
  #giveUp(cause: TributaryError): void {
    this.#die(cause);
    this.#endpoint.terminate().catch(() => {}); // nobody waits for its end
  }

  #die(cause: unknown): void {
    const error = new TributaryError("INTERNAL", `${this.#name} has died`, { cause });
    if (this.#finish(error)) this.#onDeath(error);
  }

  /** @returns Whether this was the end: `false` when the worker had died or been closed before. */
  #finish(error: TributaryError): boolean {
    if (this.#end !== undefined) return false;
    this.#end = error;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(error);
    return true;
  }
}

function aborted({ reason }: AbortSignal): TributaryError {
  return isTributaryError(reason)
    ? reason
    : new TributaryError("ABORTED", "The request was aborted", { cause: reason });
}
