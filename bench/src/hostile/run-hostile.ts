import { setTimeout as sleep } from "node:timers/promises";
import { FederatedClient } from "@tributary/client-sdk";
import type { RoundRecord } from "@tributary/server";
import { startBenchServer } from "../load/bench-server.ts";
import { benchTask } from "../load/bench-task.ts";
import type { HostileConversation } from "./hostile-load.ts";
import { startLoadProcess } from "../load/load-process.ts";
import { noiseTrainer } from "./noise-trainer.ts";
import type { BenchTarget } from "../load/wire-client.ts";

export interface HostileResult {
  readonly seconds: number;
  /** Rounds that were committed with the reports of honest clients during the attacks. */
  readonly honestRoundsCompleted: number;
  readonly honestRoundsAbandoned: number;
  readonly honestReports: number;
  readonly hostileConnections: number;
  readonly hostileByKind: Readonly<Record<string, number>>;
  /** Connections that the server refused or cut, and sessions and reports that it refused. */
  readonly cut: {
    readonly connections: number;
    readonly sessions: number;
    readonly reports: number;
  };
  /** How often the server's process ended unexpectedly: 0 or 1. */
  readonly crashes: number;
  readonly idleRssMiB: number;
  readonly peakRssMiB: number;
}

const HONEST_CLIENTS = 6;
const ROUND = {
  goalCount: 4,
  overselection: 1.5,
  minimumFraction: 0.5,
  selectionTimeoutMs: 5_000,
  reportingTimeoutMs: 5_000,
};

/** Runs honest rounds on a server of its own while hostile clients of every kind attack it. */
export async function runHostile(
  seconds: number,
  say: (line: string) => void,
): Promise<HostileResult> {
  const server = await startBenchServer();
  const load = startLoadProcess<HostileConversation>(new URL("./hostile-load.js", import.meta.url));
  const stopping = new AbortController();
  const honest: Promise<void>[] = [];
  try {
    const task = await server.admin.post<{ id: string }>("/v1/tasks", {
      definition: benchTask("honest", ROUND),
      start: true,
    });
    const idle = (await server.memoryMiB()).now;
    for (let client = 0; client < HONEST_CLIENTS; client++) {
      honest.push(takePart(server.target, stopping.signal));
    }
    say(`${HONEST_CLIENTS} honest clients and all attacks for ${seconds} s`);
    const attacked = load.ask("attack", { target: server.target, seconds });
    const watching = watch(async () => server.hasCrashed || void (await server.memoryMiB()));
    const connections = await attacked;
    await watching.stop();
    const crashes = server.hasCrashed ? 1 : 0;
    if (crashes > 0) {
      return { ...nothing(seconds, idle), ...counted(connections), crashes };
    }
    const { peak } = await server.memoryMiB();
    const { rounds } = await server.admin.json<{ rounds: RoundRecord[] }>(
      `/v1/tasks/${task.id}/rounds`,
    );
    const committed = rounds.filter(({ outcome }) => outcome === "committed");
    return {
      seconds,
      honestRoundsCompleted: committed.length,
      honestRoundsAbandoned: rounds.length - committed.length,
      honestReports: committed.reduce((sum, { reported }) => sum + reported, 0),
      ...counted(connections),
      cut: {
        connections: await server.metric("tributary_connections_cut_total"),
        sessions: await server.metric("tributary_session_failures_total"),
        reports: await server.metric("tributary_reports_refused_total"),
      },
      crashes,
      idleRssMiB: Math.round(idle),
      peakRssMiB: Math.round(peak),
    };
  } finally {
    stopping.abort();
    await Promise.allSettled(honest);
    await load.close();
    await server.stop();
  }
}

function counted(
  hostileByKind: Readonly<Record<string, number>>,
): Pick<HostileResult, "hostileConnections" | "hostileByKind"> {
  const hostileConnections = Object.values(hostileByKind).reduce((sum, count) => sum + count, 0);
  return { hostileConnections, hostileByKind };
}

/** The result for a server that has crashed: nothing more can be asked of it. */
function nothing(
  seconds: number,
  idle: number,
): Omit<HostileResult, "hostileConnections" | "hostileByKind" | "crashes"> {
  return {
    seconds,
    honestRoundsCompleted: 0,
    honestRoundsAbandoned: 0,
    honestReports: 0,
    cut: { connections: 0, sessions: 0, reports: 0 },
    idleRssMiB: Math.round(idle),
    peakRssMiB: 0,
  };
}

/** Pause between two calls, milliseconds. */
const LOOK_MS = 250;

/** Calls `look` again and again until it is stopped. */
function watch(look: () => Promise<unknown>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const watching = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch(() => {});
      await sleep(LOOK_MS);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function takePart(target: BenchTarget, signal: AbortSignal): Promise<void> {
  const client = new FederatedClient({
    url: target.url,
    serverKey: target.serverKey,
    population: "honest",
    examples: {
      features: new Float32Array(784),
      featureShape: [784],
      labels: new Int32Array(1),
      labelShape: [],
      count: 1,
    },
    trainer: noiseTrainer,
    tls: { ca: target.certificate },
  });
  try {
    for await (const event of client.participate({ signal })) {
      if (event.type === "round-finished" && event.taskFinished) return;
    }
  } finally {
    await client.close();
  }
}
