import { Worker } from "node:worker_threads";
import { WorkerPort, type Conversation } from "@tributary/protocol/worker-port";
import { threadEndpoint } from "@tributary/protocol/worker-port-node";

/**
 * Starts a worker thread of the demo.
 * @param script - The name of a built file beside this one.
 * @param onDeath - Called if the thread dies.
 */
export function startThread<Talk extends Conversation<Talk>>(
  script: string,
  onDeath: (error: Error) => void,
): WorkerPort<Talk> {
  const worker = new Worker(new URL(script, import.meta.url));
  return new WorkerPort<Talk>(threadEndpoint(worker), { name: "A thread of the demo", onDeath });
}
