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

/** A server of its own, in a temporary folder, on plain ws: a page cannot pin a certificate. */
export interface TestServer {
  readonly server: TributaryServer;
  readonly dataDir: string;
  /** Resolves when a task has committed its last round. */
  readonly taskFinished: Promise<void>;
  /** Settings of the page, as its query. */
  query(settings?: Readonly<Record<string, string>>): string;
  /** Leaves the folder: another server can go on from it. */
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

/** A task whose rounds need a report of every one of `clients`: none can commit without the page's. */
export function digitsTask(clients: number, rounds: number): TaskDefinition {
  return parseTask({
    population: POPULATION,
    name: "browser-digits",
    model: { builtin: "mcmahan-2nn" },
    plan: { localEpochs: 1, batchSize: 20, optimizer: { name: "sgd", learningRate: 0.1 } },
    round: { goalCount: clients, overselection: 1, minimumFraction: 1 },
    stop: { rounds },
  });
}

/** Starts a task; its initial model is the same each time. */
export async function startTask(
  { coordinator }: TributaryServer,
  definition: TaskDefinition,
): Promise<TaskRecord> {
  const { description, values } = builtinModel("mcmahan-2nn", seededRandom(crypto, 1));
  const task = await coordinator.createTask(definition, description, values);
  return coordinator.startTask(task.id);
}

/** Someone who takes part from Node. */
export interface Member {
  readonly examples: Examples;
  readonly random: RandomSource;
}

/** Clients in this process, from when they were started until they are told to leave. */
export interface NodeMembers {
  /** Rejects when one of them withdraws from a round, loses its connection or gives up. */
  readonly ended: Promise<unknown>;
  leave(): Promise<void>;
}

/** @param trainer - Shared: the members train one after the other. */
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
  // It is waited for later: until then a failure is no unhandled rejection.
  ended.catch(() => {});
  return {
    ended,
    async leave() {
      leaving.abort();
      await ended;
    },
  };
}

/** Runs the first round of `digitsTask` for these members alone, on a server of its own. */
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
