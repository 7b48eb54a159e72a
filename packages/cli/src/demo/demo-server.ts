import { join } from "node:path";
import type { TaskDefinition } from "@tributary/protocol";
import { startServer, type TributaryServer } from "@tributary/server";
import { limitsForClients } from "@tributary/simulator";
import { announceAdmin } from "../admin/admin-client.ts";
import type { DemoOptions } from "./demo-options.ts";

export interface DemoServer {
  readonly server: TributaryServer;
  close(): Promise<void>;
}

/**
 * Starts a real server that other commands find by its data folder, as they find one of `tributary
 * serve`.
 * @param task - The task that the server is for. If its rounds are of one client, the server's
 *   floor under cohorts is lowered for it.
 * @param clients - The number of clients.
 */
export async function startDemoServer(
  options: DemoOptions,
  task: TaskDefinition,
  clients: number,
): Promise<DemoServer> {
  const { dataDir, port, adminPort, logLevel, databaseUrl } = options;
  const server = await startServer({
    ...{ dataDir, port, adminPort, logLevel },
    limits: limitsForClients(clients),
    ...(isOfOneClient(task) ? { minimumCohort: 1 } : {}),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  const withdrawAddress = await announceAdmin(dataDir, {
    url: server.adminUrl,
    certPath: join(dataDir, "tls", "cert.pem"),
  });
  return {
    server,
    async close() {
      await withdrawAddress();
      await server.close();
    },
  };
}

/**
 * Cancels the tasks that a demo has left unfinished because it was killed. They are of the same
 * population, so that the clients of the new demo would be given to them.
 */
export async function cancelEarlierTasks(
  { storage, coordinator }: TributaryServer,
  population: string,
): Promise<void> {
  for (const { id, population: other, state } of await storage.rounds.tasks()) {
    if (other !== population || (state !== "running" && state !== "paused")) continue;
    await coordinator.cancelTask(id);
  }
}

/** Whether rounds or evaluations of a task take the report of a single client. */
function isOfOneClient({ round, evaluation }: TaskDefinition): boolean {
  return Math.min(round.goalCount, evaluation.goalCount ?? round.goalCount) === 1;
}
