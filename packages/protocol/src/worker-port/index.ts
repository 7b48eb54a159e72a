/**
 * A typed conversation with a worker, written once for worker threads, child processes and Web
 * Workers: `WorkerPort` is the owner's side, `serve` the worker's. The ends of Node are in
 * `@tributary/protocol/worker-port-node`.
 *
 * A worker never speaks first: one that has news is asked for them, and answers when there are some.
 * Where both sides have questions, each has a `WorkerPort` and a `serve` on the same endpoint. What
 * one conversation posts is no message of the other.
 */
export { WorkerPort, type AskOptions } from "./worker-port.ts";
export { inTurn, serve, type Handler, type Handlers, type Handling } from "./serve.ts";
export type { Conversation } from "./conversation.ts";
export type { Endpoint, WorkerEndpoint } from "./endpoint.ts";
export {
  portEndpoint,
  webOwnerEndpoint,
  webPageEndpoint,
  webWorkerEndpoint,
  type MessageTarget,
  type WebWorker,
} from "./web-endpoints.ts";
