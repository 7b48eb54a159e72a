import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  PROTOCOL_CONSTANTS,
  downloadCodec,
  packedLengthLimit,
  parseTask,
  updateCodec,
  type DownloadSpec,
  type UpdateSpec,
} from "@tributary/protocol";
import type { WorkerPort } from "@tributary/protocol/worker-port";
import type { FloorConversation } from "./aggregate-floor.ts";
import type { AggregateLoadConversation } from "./aggregate-load.ts";
import type { AggregateServerConversation } from "./aggregate-server.ts";
import type { FloorFrames } from "./floor-client.ts";
import { startLoadProcess } from "../load/load-process.ts";
import type { ProcessCost } from "./process-meter.ts";
import type { BenchTarget } from "../load/wire-client.ts";

export interface AggregateOptions {
  readonly clients: number;
  readonly parameters: number;
  /** A plan's `update`, as in a task file. */
  readonly update: Readonly<Record<string, unknown>>;
  /**
   * How the model is encoded on its way down. A difference goes only to clients that hold the
   * checkpoint before.
   */
  readonly down: DownloadSpec["encoding"];
  /** Rounds that are measured. One more round comes before them to warm up, and is not measured. */
  readonly rounds: number;
  readonly seed: number;
  /** A Postgres database for the store. Without it the store is in memory. */
  readonly databaseUrl?: string;
}

export interface AggregateResult {
  readonly clients: number;
  readonly parameters: number;
  readonly update: UpdateSpec;
  readonly down: DownloadSpec["encoding"];
  readonly rounds: number;
  /** Processor time of all threads of the server's process, seconds: the median over the rounds. */
  readonly serverCpuSecondsPerRound: number;
  /** The same for a process that only sends and receives these bytes over TLS WebSockets. */
  readonly floorCpuSecondsPerRound: number;
  /** Processor time of the server divided by that of the floor. */
  readonly ratio: number;
  readonly secondsPerRound: number;
  readonly floorSecondsPerRound: number;
  readonly peakRssMiB: number;
  readonly floorPeakRssMiB: number;
  /** The longest time that the server's event loop was late in any of the rounds, milliseconds. */
  readonly worstEventLoopDelayMs: number;
  readonly floorWorstEventLoopDelayMs: number;
  readonly bytesUpPerClient: number;
  readonly bytesDownPerClient: number;
}

const POPULATION = "bench";

/**
 * Measures rounds in which all clients take the model and then report at the same time, over TLS
 * and the inner channel. The server runs in a process of its own. Then it measures the floor: a
 * process that exchanges the same bytes over TLS WebSockets and does nothing with them.
 */
export async function runAggregate(
  options: AggregateOptions,
  say: (line: string) => void,
): Promise<AggregateResult> {
  const { clients, parameters } = options;
  const definition = parseTask({
    population: POPULATION,
    name: "bench-aggregate",
    // This path is never read: the server is given a model of the size that was asked for.
    model: { path: "model.json" },
    plan: {
      loss: "categoricalCrossentropy",
      metrics: [],
      update: options.update,
      download: { encoding: options.down },
    },
    round: {
      goalCount: clients,
      overselection: 1,
      minimumFraction: 1,
      selectionTimeoutMs: 3_600_000,
      reportingTimeoutMs: 600_000,
    },
    // The clients are the benchmark's own, so that what they claim is true.
    maximumExamples: 1_048_576,
    stop: { rounds: 1_000_000 },
  });
  const { update, download } = definition.plan;
  const folder = await mkdtemp(join(tmpdir(), "tributary-bench-"));
  try {
    const server = await measureServer(folder, definition, options, say);
    const bytes = server.bytes;
    say(`server: ${server.cpuSeconds.toFixed(2)} s of CPU a round`);
    const floor = await measureFloor(
      folder,
      server.target,
      floorFrames(parameters, update, download),
      options,
    );
    say(`floor: ${floor.cpuSeconds.toFixed(2)} s of CPU a round`);
    return {
      clients,
      parameters,
      update,
      down: options.down,
      rounds: options.rounds,
      serverCpuSecondsPerRound: rounded(server.cpuSeconds, 3),
      floorCpuSecondsPerRound: rounded(floor.cpuSeconds, 3),
      ratio: rounded(server.cpuSeconds / floor.cpuSeconds, 2),
      secondsPerRound: rounded(server.wallSeconds, 3),
      floorSecondsPerRound: rounded(floor.wallSeconds, 3),
      peakRssMiB: rounded(server.peakRssMiB, 0),
      floorPeakRssMiB: rounded(floor.peakRssMiB, 0),
      worstEventLoopDelayMs: rounded(server.worstEventLoopDelayMs, 1),
      floorWorstEventLoopDelayMs: rounded(floor.worstEventLoopDelayMs, 1),
      bytesUpPerClient: bytes.up,
      bytesDownPerClient: bytes.down,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Load = WorkerPort<AggregateLoadConversation>;

async function measureServer(
  dataDir: string,
  definition: ReturnType<typeof parseTask>,
  { clients, parameters, rounds, seed, databaseUrl }: AggregateOptions,
  say: (line: string) => void,
): Promise<
  ProcessCost & {
    readonly target: BenchTarget;
    readonly bytes: { readonly up: number; readonly down: number };
  }
> {
  const server = startLoadProcess<AggregateServerConversation>(
    new URL("./aggregate-server.js", import.meta.url),
  );
  const load: Load = startLoadProcess(new URL("./aggregate-load.js", import.meta.url));
  try {
    const target = await server.ask("start", {
      dataDir,
      definition,
      parameters,
      seed,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    });
    await load.ask("connect", {
      target,
      clients,
      population: POPULATION,
      parameters,
      update: definition.plan.update,
      seed,
    });
    say(`${clients} clients are connected`);
    const cost = await measureRounds(server, load, rounds);
    const last = (await server.ask("rounds", undefined)).at(-1);
    if (last?.reported !== clients) {
      throw new Error(`The last round has only ${last?.reported ?? 0} reports of ${clients}`);
    }
    return {
      ...cost,
      target,
      bytes: {
        up: Math.round(last.bytesUp / clients),
        down: Math.round(last.bytesDown / clients),
      },
    };
  } finally {
    await load.close();
    await server.close();
  }
}

async function measureFloor(
  dataDir: string,
  target: BenchTarget,
  frames: FloorFrames,
  { clients, rounds }: AggregateOptions,
): Promise<ProcessCost> {
  const server = startLoadProcess<FloorConversation>(
    new URL("./aggregate-floor.js", import.meta.url),
  );
  const load: Load = startLoadProcess(new URL("./aggregate-load.js", import.meta.url));
  try {
    const url = await server.ask("start", { tlsDir: join(dataDir, "tls"), frames });
    await load.ask("connectFloor", { target: { ...target, url }, clients, frames });
    return await measureRounds(server, load, rounds);
  } finally {
    await load.close();
    await server.close();
  }
}

/** What both kinds of server answer. */
type Measured = WorkerPort<Pick<FloorConversation, "zero" | "read">>;

/** Runs one round to warm up, and then the rounds that are measured. */
async function measureRounds(server: Measured, load: Load, rounds: number): Promise<ProcessCost> {
  const costs: ProcessCost[] = [];
  for (let round = 0; round <= rounds; round++) {
    await server.ask("zero", undefined);
    await load.ask("round", undefined);
    const cost = await server.ask("read", undefined);
    if (round > 0) costs.push(cost);
  }
  return {
    cpuSeconds: median(costs.map((cost) => cost.cpuSeconds)),
    wallSeconds: median(costs.map((cost) => cost.wallSeconds)),
    worstEventLoopDelayMs: Math.max(...costs.map((cost) => cost.worstEventLoopDelayMs)),
    peakRssMiB: Math.max(...costs.map((cost) => cost.peakRssMiB)),
  };
}

/**
 * The messages that carry one client's model and report, with the same lengths as in a real round.
 */
function floorFrames(parameters: number, update: UpdateSpec, download: DownloadSpec): FloorFrames {
  const { sealedChunkBytes, reportChunkBytes } = PROTOCOL_CONSTANTS;
  const codec = downloadCodec(download);
  const down = codec === undefined ? 4 * parameters : packedLengthLimit(codec, parameters);
  return {
    down: pieces(down, sealedChunkBytes, SEALED_CHUNK_OVERHEAD),
    up: pieces(updateCodec(update).payloadBytes(parameters).max, reportChunkBytes, RECORD_OVERHEAD),
  };
}

/** Bytes of the frame header and of the authentication tag. */
const SEALED_CHUNK_OVERHEAD = 22;
/** Bytes of the frame header, of the authentication tag and of the message around the piece. */
const RECORD_OVERHEAD = 25;

function pieces(byteLength: number, pieceBytes: number, overhead: number): number[] {
  const lengths: number[] = [];
  for (let start = 0; start < byteLength; start += pieceBytes) {
    lengths.push(Math.min(pieceBytes, byteLength - start) + overhead);
  }
  return lengths;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
