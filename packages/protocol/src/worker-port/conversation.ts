import type { PlainError } from "../plain-error.ts";

/**
 * What an owner may ask a worker, by the name of the request, and what the worker answers. Both
 * sides are written for one such type, and what each of them receives is not checked at run time.
 *
 * ```ts
 * type Adding = { add: { request: { a: number; b: number }; answer: number } };
 * ```
 */
export type Conversation<Talk> = {
  readonly [Type in keyof Talk]: { readonly request: unknown; readonly answer: unknown };
};

/** The names of the requests of a conversation. */
export type RequestType<Talk> = keyof Talk & string;

/** What an owner posts. A request without an `id` is told and not asked: it gets no answer. */
export type OwnerMessage =
  | { readonly id?: number; readonly type: string; readonly request: unknown }
  | { readonly abort: number };

/** What a worker posts. A failure without an `id` is that of a request that was told. */
export type WorkerMessage =
  | { readonly id: number; readonly answer: unknown; readonly failure?: never }
  | { readonly id?: number; readonly failure: PlainError };

/** Whether a message is one of an owner. Workers may get others, such as those of an extension. */
export function isOwnerMessage(message: unknown): message is OwnerMessage {
  if (typeof message !== "object" || message === null) return false;
  if ("abort" in message) return typeof message.abort === "number";
  return "type" in message && typeof message.type === "string" && "request" in message;
}

/** Whether a message is one of a worker. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  if (typeof message !== "object" || message === null) return false;
  return "failure" in message || ("answer" in message && "id" in message);
}
