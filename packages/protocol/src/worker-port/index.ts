/**
 * A typed conversation with a worker, written once for worker threads, child processes and Web
 * Workers: `WorkerPort` is the owner's side, `serve` the worker's. The ends of Node are in
 * `@tributary/protocol/worker-port-node`.
 *
 * A worker never speaks first. One that has news is asked for them, and answers when there are some.
 */
export { WorkerPort, type AskOptions } from "./worker-port.ts";
export { inTurn, serve, type Handler, type Handlers, type Handling } from "./serve.ts";
export type { Conversation } from "./conversation.ts";
export type { Endpoint, WorkerEndpoint } from "./endpoint.ts";
export {
  portEndpoint,
  webOwnerEndpoint,
  webWorkerEndpoint,
  type MessageTarget,
  type WebWorker,
} from "./web-endpoints.ts";
