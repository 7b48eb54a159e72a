import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WorkerPort, type Conversation } from "@tributary/protocol/worker-port";
import { processEndpoint } from "@tributary/protocol/worker-port-node";

/**
 * Starts a process of its own, so that what it costs is not counted with the rest of a benchmark.
 * @param script - The compiled script that the process runs.
 */
export function startLoadProcess<Talk extends Conversation<Talk>>(script: URL): WorkerPort<Talk> {
  const child = fork(fileURLToPath(script), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  return new WorkerPort<Talk>(processEndpoint(child), { name: "A process of the benchmark" });
}
