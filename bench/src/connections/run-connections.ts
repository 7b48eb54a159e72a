import { setTimeout as sleep } from "node:timers/promises";
import { benchTask } from "../load/bench-task.ts";
import { startBenchServer, type BenchServer } from "../load/bench-server.ts";
import type { ConnectionAnswer, ConnectionRequest } from "./connection-load.ts";
import { LoadProcess } from "../load/load-process.ts";

export interface ConnectionsResult {
  readonly clients: number;
  readonly connected: number;
  /** Clients of them that were still connected at the end. */
  readonly held: number;
  readonly connectsPerSecond: number;
  /** Growth of the server's resident memory over that of an idle server, for each connected client. */
  readonly kibPerConnection: number;
  readonly idleRssMiB: number;
  readonly connectedRssMiB: number;
  /** Check-ins answered a second, refused and accepted ones together. */
  readonly checkInsPerSecond: number;
  readonly refusedPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly accepted: number;
}

/** Check-ins of each client that are refused, before one that is accepted. */
const REFUSED_WAVES = 3;

/**
 * Connects many clients over TLS with the inner channel to a server of its own, lets them be idle, and has all of them
 * check in at once.
 */
export async function runConnections(
  clients: number,
  say: (line: string) => void,
): Promise<ConnectionsResult> {
  const server = await startBenchServer();
  const load = new LoadProcess<ConnectionRequest, ConnectionAnswer>(
    new URL("./connection-load.js", import.meta.url),
  );
  try {
    await server.admin.post("/v1/tasks", {
      definition: benchTask("crowd", { goalCount: 16_384, overselection: 1 }),
      start: true,
    });
    const idle = await settledMiB(server);
    say(`idle server: ${idle.toFixed(0)} MiB`);
    const connecting = await load.ask({ type: "connect", target: server.target, clients });
    const connected = connecting.count;
    const connectedMiB = await settledMiB(server);
    say(`${connected} connected in ${connecting.seconds.toFixed(1)} s`);

    const refused = { count: 0, seconds: 0 };
    for (let wave = 0; wave < REFUSED_WAVES; wave++) {
      const { count, seconds } = await load.ask({ type: "check-in", population: "nobody" });
      refused.count += count;
      refused.seconds += seconds;
    }
    const accepting = await load.ask({ type: "check-in", population: "crowd" });
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
    await load.stop();
    await server.stop();
  }
}

function rate({ count, seconds }: { readonly count: number; readonly seconds: number }): number {
  return seconds === 0 ? 0 : Math.round(count / seconds);
}

/** Looks in intervals of this. */
const LOOK_MS = 500;
const MOST_LOOKS = 12;

/** Memory once it has stopped moving: what has just been done leaves garbage for a while. */
async function settledMiB(server: BenchServer): Promise<number> {
  let before = Number.POSITIVE_INFINITY;
  let { now } = await server.memoryMiB();
  for (let look = 0; look < MOST_LOOKS && Math.abs(before - now) > 1; look++) {
    before = now;
    await sleep(LOOK_MS);
    ({ now } = await server.memoryMiB());
  }
  return now;
}
