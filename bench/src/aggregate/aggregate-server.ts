import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  seededRandom,
  xoshiro128,
  type CheckpointId,
  type TaskDefinition,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import {
  openMemoryStore,
  openStorage,
  startServer,
  type CheckpointStore,
  type RoundRecord,
  type TributaryServer,
} from "@tributary/server";
import { startProcessMeter, type ProcessCost } from "./process-meter.ts";
import type { BenchTarget } from "../load/wire-client.ts";

// `bench aggregate` runs this in a process of its own: the server, and a meter that measures the
// process.

export interface AggregateServerConversation {
  /** Starts the server. It answers where clients connect. */
  readonly start: { readonly request: AggregateServerSetup; readonly answer: BenchTarget };
  /** Begins a measurement. */
  readonly zero: { readonly request: void; readonly answer: void };
  /** The cost since the measurement began. */
  readonly read: { readonly request: void; readonly answer: ProcessCost };
  /** The rounds that have ended so far. */
  readonly rounds: { readonly request: void; readonly answer: readonly RoundRecord[] };
}

export interface AggregateServerSetup {
  readonly dataDir: string;
  /**
   * A Postgres database for the store. Without it the store is in memory and keeps one checkpoint only, so that the
   * figures are those of the aggregation.
   */
  readonly databaseUrl?: string;
  readonly definition: TaskDefinition;
  readonly parameters: number;
  readonly seed: number;
}

const meter = startProcessMeter();
const crypto = createNodeCryptoProvider();
let running:
  | { readonly server: TributaryServer; readonly taskId: RoundRecord["taskId"] }
  | undefined;

serve<AggregateServerConversation>(ownerEndpoint(), {
  start,
  zero: () => meter.zero(),
  read: () => meter.read(),
  rounds: async () =>
    running === undefined ? [] : running.server.storage.rounds.rounds(running.taskId),
});

async function start({
  dataDir,
  databaseUrl,
  definition,
  parameters,
  seed,
}: AggregateServerSetup): Promise<BenchTarget> {
  const storage =
    databaseUrl === undefined
      ? openMemoryStore({ crypto, checkpoints: new NewestCheckpoint() })
      : await openStorage({ storeDir: join(dataDir, "store"), databaseUrl, crypto });
  const server = await startServer(
    { dataDir, port: 0, adminPort: 0, logLevel: "error", minimumCohort: 1 },
    { storage },
  );
  const { coordinator, url, serverKey } = server;
  const task = await coordinator.createTask(
    definition,
    // No client of the benchmark builds the model: only its size matters.
    { topology: {}, parameters: [{ name: "layer/values", shape: [parameters] }] },
    initialValues(parameters, seed),
  );
  await coordinator.startTask(task.id);
  running = { server, taskId: task.id };
  return { url, serverKey, certificate: await readFile(join(dataDir, "tls", "cert.pem"), "utf8") };
}

/** Draws values uniformly from [−0.1, 0.1). */
function initialValues(parameters: number, seed: number): Float32Array {
  const words = xoshiro128(seededRandom(crypto, seed).bytes(16));
  const values = new Float32Array(parameters);
  for (let i = 0; i < parameters; i++) values[i] = words() * (0.2 / 2 ** 32) - 0.1;
  return values;
}

/**
 * Keeps only the newest checkpoint. A real store does not hold checkpoints in the server's memory
 * either, so that old ones must not count in the memory that is measured.
 */
class NewestCheckpoint implements CheckpointStore {
  #newest: { readonly id: CheckpointId; readonly bytes: Uint8Array } | undefined;

  async put(id: CheckpointId, bytes: Uint8Array): Promise<void> {
    this.#newest = { id, bytes: bytes.slice() };
  }

  async get(id: CheckpointId): Promise<Uint8Array | undefined> {
    return this.#newest?.id === id ? this.#newest.bytes.slice() : undefined;
  }

  async has(id: CheckpointId): Promise<boolean> {
    return this.#newest?.id === id;
  }

  async probeWrite(): Promise<void> {}

  async close(): Promise<void> {
    this.#newest = undefined;
  }
}
