import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { RoundRecord } from "@tributary/server";
import { startBenchServer, type BenchServer } from "../load/bench-server.ts";
import { benchTask } from "../load/bench-task.ts";
import { startLoadProcess } from "../load/load-process.ts";
import { loopbackAddress, wireDeps } from "../load/wire-client.ts";
import { takePart, type HonestCount } from "./honest-client.ts";
import type { HostileConversation } from "./hostile-load.ts";

export interface HostileResult {
  readonly seconds: number;
  /** Rounds that were committed during the attacks. */
  readonly honestRoundsCompleted: number;
  /** Attempts at a round that were abandoned during the attacks. */
  readonly honestRoundsAbandoned: number;
  /** Reports of honest clients that counted during the attacks. */
  readonly honestReports: number;
  /** Rounds a second that were committed before the attacks, and during them. */
  readonly roundsPerSecond: { readonly alone: number; readonly attacked: number };
  /** The second of these as a share of the first. */
  readonly rateKept: number;
  /** How often no round was committed for longer than a round may take. */
  readonly stalls: number;
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

const HONEST_CLIENTS = 60;
/** The first of the addresses of honest clients. The attacks come from lower ones. */
const FIRST_HONEST_ADDRESS = 1_000;
const ROUND = {
  goalCount: 8,
  overselection: 2.5,
  minimumFraction: 0.5,
  selectionTimeoutMs: 2_000,
  reportingTimeoutMs: 5_000,
};
/** The longest time that a round may take. */
const ROUND_MS = ROUND.selectionTimeoutMs + ROUND.reportingTimeoutMs;
/** How long the honest clients are alone, as a part of the time of the attacks. */
const ALONE_PART = 4;
const SHORTEST_ALONE_MS = 4_000;

/** Runs honest rounds on a server of its own while hostile clients of every kind attack it. */
export async function runHostile(
  seconds: number,
  say: (line: string) => void,
): Promise<HostileResult> {
  const server = await startBenchServer();
  const load = startLoadProcess<HostileConversation>(new URL("./hostile-load.js", import.meta.url));
  const stopping = new AbortController();
  setMaxListeners(2 * HONEST_CLIENTS, stopping.signal);
  const honest: Promise<void>[] = [];
  try {
    const task = await server.admin.post<{ id: string }>("/v1/tasks", {
      definition: benchTask("honest", ROUND),
      start: true,
    });
    const roundsFrom = async (fromMs: number): Promise<RoundRecord[]> => {
      const { rounds } = await server.admin.json<{ rounds: RoundRecord[] }>(
        `/v1/tasks/${task.id}/rounds`,
      );
      return rounds.filter(({ endedAtMs }) => endedAtMs >= fromMs);
    };
    const idle = (await server.memoryMiB()).now;
    const deps = wireDeps(server.target);
    const count: HonestCount = { reports: 0 };
    for (let client = 0; client < HONEST_CLIENTS; client++) {
      const address = loopbackAddress(FIRST_HONEST_ADDRESS + client);
      honest.push(takePart(deps, address, count, stopping.signal));
    }
    say(`${HONEST_CLIENTS} honest clients alone`);
    const aloneMs = Math.max(SHORTEST_ALONE_MS, (seconds * 1_000) / ALONE_PART);
    await sleep(aloneMs); // they all connect, and rounds become regular
    const calmMs = Date.now();
    await sleep(aloneMs);
    const alone = committedOf(await roundsFrom(calmMs)).length / (aloneMs / 1_000);

    say(`${HONEST_CLIENTS} honest clients and all attacks for ${seconds} s`);
    count.reports = 0;
    const attackedMs = Date.now();
    const attacked = load.ask("attack", { target: server.target, seconds });
    const watching = watch(async () => server.hasCrashed || void (await server.memoryMiB()));
    const connections = await attacked;
    await watching.stop();
    const crashes = server.hasCrashed ? 1 : 0;
    if (crashes > 0) {
      return { ...nothing(seconds, idle), ...counted(connections), crashes };
    }
    const rounds = await roundsFrom(attackedMs);
    const committed = committedOf(rounds);
    const { peak } = await server.memoryMiB();
    const perSecond = committed.length / seconds;
    return {
      seconds,
      honestRoundsCompleted: committed.length,
      honestRoundsAbandoned: rounds
        .filter(({ outcome }) => outcome === "abandoned")
        .reduce((sum, { attempts }) => sum + attempts, 0),
      honestReports: count.reports,
      roundsPerSecond: { alone: hundredths(alone), attacked: hundredths(perSecond) },
      rateKept: hundredths(perSecond / alone),
      stalls: stallsOf(committed, attackedMs, attackedMs + 1_000 * seconds),
      ...counted(connections),
      cut: await cutBy(server),
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

const committedOf = (rounds: readonly RoundRecord[]): RoundRecord[] =>
  rounds.filter(({ outcome }) => outcome === "committed");

const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** How often no round was committed for longer than a round may take. */
function stallsOf(committed: readonly RoundRecord[], fromMs: number, toMs: number): number {
  const moments = [fromMs, ...committed.map(({ endedAtMs }) => endedAtMs), toMs];
  return moments.filter((atMs, index) => atMs - (moments[index - 1] ?? atMs) > ROUND_MS).length;
}

async function cutBy(server: BenchServer): Promise<HostileResult["cut"]> {
  return {
    connections: await server.metric("tributary_connections_cut_total"),
    sessions: await server.metric("tributary_session_failures_total"),
    reports: await server.metric("tributary_reports_refused_total"),
  };
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
    roundsPerSecond: { alone: 0, attacked: 0 },
    rateKept: 0,
    stalls: 0,
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
