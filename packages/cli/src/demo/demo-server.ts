import { join } from "node:path";
import { DEFAULT_LIMITS, type Limits, type TaskDefinition } from "@tributary/protocol";
import { startServer, type TributaryServer } from "@tributary/server";
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
    limits: limitsFor(clients),
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

/**
 * All clients of a demo connect from one address, so that the limits per address have to fit their
 * number.
 */
function limitsFor(clients: number): Partial<Limits> {
  const { maxConnectionsPerAddress, connectionBurstPerAddress, requestBurstPerAddress } =
    DEFAULT_LIMITS;
  const { connectionsPerSecondPerAddress } = DEFAULT_LIMITS;
  return {
    maxConnectionsPerAddress: Math.max(maxConnectionsPerAddress, clients),
    connectionBurstPerAddress: Math.max(connectionBurstPerAddress, clients),
    connectionsPerSecondPerAddress: Math.max(connectionsPerSecondPerAddress, clients),
    requestBurstPerAddress: Math.max(requestBurstPerAddress, 4 * clients),
  };
}
