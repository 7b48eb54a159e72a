import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FederatedClient, type Examples, type LocalTrainer } from "@tributary/client-sdk";
import {
  builtinModel,
  parseTask,
  seededRandom,
  type RandomSource,
  type TaskDefinition,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  startServer,
  type RoundRecord,
  type ServerOptions,
  type TaskRecord,
  type TributaryServer,
} from "@tributary/server";

export const crypto = createNodeCryptoProvider();

export const POPULATION = "digits";

/**
 * A server in a temporary folder of its own. It uses plain ws, because a page cannot trust a
 * self-signed certificate.
 */
export interface TestServer {
  readonly server: TributaryServer;
  readonly dataDir: string;
  /** Resolves when a task has committed its last round. */
  readonly taskFinished: Promise<void>;
  /** The settings of the page, as the query of its address. */
  query(settings?: Readonly<Record<string, string>>): string;
  /** Stops the server and keeps its folder, so that another server can continue from it. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestServer(options: ServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "tributary-browser-")));
  let finish = (): void => {};
  const taskFinished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const server = await startServer({
    port: 0,
    adminPort: 0,
    tls: "none",
    logLevel: "warn",
    ...options,
    dataDir,
  });
  server.events.subscribe((event) => {
    if (event.type === "task-state" && event.state === "finished") finish();
  });
  const { url, serverKey } = server;
  return {
    server,
    dataDir,
    taskFinished,
    query: (settings = {}) =>
      new URLSearchParams({ url, serverKey, population: POPULATION, ...settings }).toString(),
    stop: () => server.close(),
    async close() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * A task whose rounds need the report of every one of `clients`, so that no round commits without
 * the page's report.
 */
export function digitsTask(clients: number, rounds: number): TaskDefinition {
  return parseTask({
    population: POPULATION,
    name: "browser-digits",
    model: { builtin: "mcmahan-2nn" },
    plan: { localEpochs: 1, batchSize: 20, optimizer: { name: "sgd", learningRate: 0.1 } },
    round: { goalCount: clients, overselection: 1, minimumFraction: 1 },
    publicModel: true,
    stop: { rounds },
  });
}

/** Starts a task. Its initial model is always the same. */
export async function startTask(
  { coordinator }: TributaryServer,
  definition: TaskDefinition,
): Promise<TaskRecord> {
  const { description, values } = builtinModel("mcmahan-2nn", seededRandom(crypto, 1));
  const task = await coordinator.createTask(definition, description, values);
  return coordinator.startTask(task.id);
}

/** A client that takes part from Node. */
export interface Member {
  readonly examples: Examples;
  readonly random: RandomSource;
}

/** Clients in this process that take part until they are told to leave. */
export interface NodeMembers {
  /** Rejects when one of them withdraws from a round, loses its connection or gives up. */
  readonly ended: Promise<unknown>;
  leave(): Promise<void>;
}

/** @param trainer - Shared by the members, which therefore train one after the other. */
export function joinFromNode(
  { url, serverKey }: TributaryServer,
  members: readonly Member[],
  trainer: LocalTrainer,
): NodeMembers {
  const leaving = new AbortController();
  const ended = Promise.all(
    members.map(async (member) => {
      const options = { url, serverKey, population: POPULATION, trainer, ...member };
      const client = new FederatedClient(options);
      try {
        for await (const event of client.participate({ signal: leaving.signal })) {
          if (event.type === "withdrawn" || event.type === "disconnected") throw event.error;
        }
      } finally {
        await client.close();
      }
    }),
  );
  // It is awaited later. Until then, a failure must not count as an unhandled rejection.
  ended.catch(() => {});
  return {
    ended,
    async leave() {
      leaving.abort();
      await ended;
    },
  };
}

/**
 * Runs the first round of `digitsTask` with these members only, on a server of its own.
 * @returns The checkpoint that the round made.
 */
export async function firstRound(
  members: readonly Member[],
  trainer: LocalTrainer,
): Promise<Float32Array> {
  const { server, taskFinished, close } = await startTestServer();
  try {
    const task = await startTask(server, digitsTask(members.length, 1));
    const clients = joinFromNode(server, members, trainer);
    await Promise.race([taskFinished, clients.ended]);
    await clients.leave();
    const [round] = await server.storage.rounds.rounds(task.id);
    return await weightsAfter(server, round);
  } finally {
    await close();
  }
}

/** The checkpoint that a round made. */
export async function weightsAfter(
  { storage }: TributaryServer,
  round: RoundRecord | undefined,
): Promise<Float32Array> {
  const id = round?.checkpoint ?? undefined;
  const bytes = id === undefined ? undefined : await storage.checkpoints.get(id);
  if (bytes === undefined) throw new Error("The round made no checkpoint");
  return new Float32Array(bytes.slice().buffer);
}
