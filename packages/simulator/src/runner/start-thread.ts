import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { WorkerPort, type Conversation } from "@tributary/protocol/worker-port";
import { threadEndpoint } from "@tributary/protocol/worker-port-node";

/**
 * Starts a worker thread.
 * @param script - The path of its script without the ending, relative to `beside`.
 * @param beside - The `import.meta.url` of the caller. The script is built like the caller, or a source
 *   like it, as in unit tests.
 * @param options.name - Names the thread in errors.
 * @param options.onDeath - Called if the thread dies.
 * @param options.workerData - What the thread has from its beginning.
 */
export function startThread<Talk extends Conversation<Talk>>(
  script: string,
  beside: string,
  {
    workerData,
    ...options
  }: {
    readonly name: string;
    readonly onDeath?: (error: Error) => void;
    readonly workerData?: unknown;
  },
): WorkerPort<Talk> {
  const worker = new Worker(new URL(`${script}${extname(beside)}`, beside), { workerData });
  return new WorkerPort<Talk>(threadEndpoint(worker), options);
}
