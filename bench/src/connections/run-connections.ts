import { setTimeout as sleep } from "node:timers/promises";
import { benchTask } from "../load/bench-task.ts";
import { startBenchServer, type BenchServer } from "../load/bench-server.ts";
import type { ConnectionConversation } from "./connection-load.ts";
import { startLoadProcess } from "../load/load-process.ts";

export interface ConnectionsResult {
  readonly clients: number;
  readonly connected: number;
  /** How many of the clients were still connected at the end. */
  readonly held: number;
  readonly connectsPerSecond: number;
  /** By how much the server's resident memory has grown for each connected client, KiB. */
  readonly kibPerConnection: number;
  readonly idleRssMiB: number;
  readonly connectedRssMiB: number;
  /** Check-ins that were answered per second, both refused and accepted ones. */
  readonly checkInsPerSecond: number;
  readonly refusedPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly accepted: number;
}

/** How often each client checks in and is refused, before it checks in and is accepted. */
const REFUSED_WAVES = 3;

/**
 * Connects many clients over TLS and the inner channel to a server of its own. They first stay
 * idle, and then all of them check in at the same time.
 */
export async function runConnections(
  clients: number,
  say: (line: string) => void,
): Promise<ConnectionsResult> {
  const server = await startBenchServer();
  const load = startLoadProcess<ConnectionConversation>(
    new URL("./connection-load.js", import.meta.url),
  );
  try {
    await server.admin.post("/v1/tasks", {
      definition: benchTask("crowd", { goalCount: 16_384, overselection: 1 }),
      start: true,
    });
    const idle = await settledMiB(server);
    say(`idle server: ${idle.toFixed(0)} MiB`);
    const connecting = await load.ask("connect", { target: server.target, clients });
    const connected = connecting.count;
    const connectedMiB = await settledMiB(server);
    say(`${connected} clients connected in ${connecting.seconds.toFixed(1)} s`);

    const refused = { count: 0, seconds: 0 };
    for (let wave = 0; wave < REFUSED_WAVES; wave++) {
      const { count, seconds } = await load.ask("checkIn", { population: "nobody" });
      refused.count += count;
      refused.seconds += seconds;
    }
    const accepting = await load.ask("checkIn", { population: "crowd" });
    const held = await server.metric("tributary_connections");
    const kib = ((connectedMiB - idle) * 1_024) / Math.max(1, connected);
    return {
      clients,
      connected,
      held,
      connectsPerSecond: rate(connecting),
      kibPerConnection: Math.round(kib * 10) / 10,
      idleRssMiB: Math.round(idle),
      connectedRssMiB: Math.round(connectedMiB),
      checkInsPerSecond: rate({
        count: refused.count + accepting.count,
        seconds: refused.seconds + accepting.seconds,
      }),
      refusedPerSecond: rate(refused),
      acceptedPerSecond: rate(accepting),
      accepted: accepting.accepted,
    };
  } finally {
    await load.close();
    await server.stop();
  }
}

function rate({ count, seconds }: { readonly count: number; readonly seconds: number }): number {
  return seconds === 0 ? 0 : Math.round(count / seconds);
}

/** Time between two readings of the memory, milliseconds. */
const READING_INTERVAL_MS = 500;
const MAX_READINGS = 12;

/**
 * The server's memory once it has settled: what the server has just done leaves garbage for a
 * while.
 */
async function settledMiB(server: BenchServer): Promise<number> {
  let before = Number.POSITIVE_INFINITY;
  let { now } = await server.memoryMiB();
  for (let reading = 0; reading < MAX_READINGS && Math.abs(before - now) > 1; reading++) {
    before = now;
    await sleep(READING_INTERVAL_MS);
    ({ now } = await server.memoryMiB());
  }
  return now;
}
