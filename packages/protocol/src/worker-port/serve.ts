import { TributaryError, asTributaryError } from "../errors.ts";
import { toPlain } from "../plain-error.ts";
import {
  isOwnerMessage,
  type Conversation,
  type OwnerMessage,
  type WorkerMessage,
} from "./conversation.ts";
import type { Endpoint } from "./endpoint.ts";

/** What a handler may use for one request. */
export interface Handling {
  /** Aborted when the owner aborts the request. What the handler answers is then of no use. */
  readonly signal: AbortSignal;
  /** Lets memory of the answer move to the owner instead of being copied. It is gone here then. */
  transfer(...memory: readonly ArrayBuffer[]): void;
}

/** Answers requests of one type. What it throws is what the owner's `ask` rejects with. */
export type Handler<Request, Answer> = (
  request: Request,
  handling: Handling,
) => Answer | Promise<Answer>;

/** One handler for each type of request. */
export type Handlers<Talk extends Conversation<Talk>> = {
  readonly [Type in keyof Talk]: Handler<Talk[Type]["request"], Talk[Type]["answer"]>;
};

/**
 * Answers the requests of a worker's owner: the worker's side of a `WorkerPort`.
 *
 * Handlers are called in the order in which requests come, each as soon as its request is there,
 * whether or not earlier ones have been answered. A handler that must not be called before its last
 * call is over is wrapped with `inTurn`. A handler that fails at a request that was only told ends
 * the worker, since nobody else would hear of it.
 *
 * ```ts
 * type Adding = { add: { request: { a: number; b: number }; answer: number } };
 * serve<Adding>(ownerEndpoint(), { add: ({ a, b }) => a + b });
 * ```
 */
export function serve<Talk extends Conversation<Talk>>(
  endpoint: Endpoint,
  handlers: Handlers<Talk>,
): void {
  // Each handler gets requests of its own type only: both sides are written for one `Talk`.
  const byType = new Map<string, Handler<never, unknown>>(Object.entries(handlers));
  const running = new Map<number, RunningRequest>();

  endpoint.onMessage((message) => {
    if (!isOwnerMessage(message)) return;
    if ("abort" in message) running.get(message.abort)?.abort();
    else answer(message);
  });

  function answer({ id, type, request }: Exclude<OwnerMessage, { abort: number }>): void {
    const handling = new RunningRequest();
    if (id !== undefined) running.set(id, handling);
    const end = (outcome: WorkerMessage | undefined): void => {
      if (id !== undefined) running.delete(id);
      if (outcome !== undefined) post(outcome, handling.transferred);
    };
    const succeed = (value: unknown): void =>
      end(id === undefined ? undefined : { id, answer: value });
    const fail = (error: unknown): void => {
      const failure = toPlain(asTributaryError(error));
      handling.transferred = [];
      end(id === undefined ? { failure } : { id, failure });
    };
    try {
      const handler = byType.get(type);
      if (handler === undefined) {
        throw new TributaryError("INTERNAL", `The worker does not know the request ${type}`);
      }
      const value = handler(request as never, handling);
      // Most answers are promises; one that is not costs no turn.
      if (value instanceof Promise) value.then(succeed, fail);
      else succeed(value);
    } catch (error) {
      fail(error);
    }
  }

  function post(message: WorkerMessage, transfer: readonly ArrayBuffer[]): void {
    try {
      endpoint.post(message, transfer);
    } catch (cause) {
      const { id } = message;
      const error = new TributaryError("INTERNAL", "The answer of a worker cannot be sent", {
        cause,
      });
      const failure = toPlain(error);
      endpoint.post(id === undefined ? { failure } : { id, failure }, []);
    }
  }
}

/**
 * Wraps a handler so that it works at one request at a time, in the order in which they come.
 * Different handlers that are wrapped do not wait for each other.
 */
export function inTurn<Request, Answer>(
  handler: Handler<Request, Answer>,
): Handler<Request, Answer> {
  let last: Promise<unknown> = Promise.resolve();
  return (request, handling) => {
    const answer = last.then(() => handler(request, handling));
    last = answer.catch(() => {}); // the owner hears of it
    return answer;
  };
}

class RunningRequest implements Handling {
  transferred: ArrayBuffer[] = [];
  /** Made when somebody asks for its signal: few handlers do, and each costs an allocation. */
  #controller: AbortController | undefined;
  #isAborted = false;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.abort();
    }
    return this.#controller.signal;
  }

  transfer(...memory: readonly ArrayBuffer[]): void {
    this.transferred.push(...memory);
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(new TributaryError("ABORTED", "The request was aborted"));
  }
}
