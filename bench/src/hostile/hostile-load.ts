import { setTimeout as sleep } from "node:timers/promises";
import { ATTACKS, type Attack } from "./attacks.ts";
import { answerRequests } from "../load/load-process.ts";
import { loopbackAddress, wireDeps, type BenchTarget, type WireDeps } from "../load/wire-client.ts";

// Run by `bench hostile` in a process of its own: every attack, over and over, from many addresses.

export interface HostileRequest {
  readonly target: BenchTarget;
  readonly seconds: number;
}

export interface HostileAnswer {
  /** Attacks that were begun, by name; each is a connection of its own. */
  readonly connections: Readonly<Record<string, number>>;
}

/** Clients of each kind at once. */
const CONCURRENCY = 4;
/** An attack is given up after so long, milliseconds. */
const PATIENCE_MS = 15_000;
/** Between two attacks of one client, milliseconds: two cores make the load, and the server is to be measured. */
const PAUSE_MS = 20;
/** Hostile addresses, apart from that of the honest clients. */
const ADDRESSES = 200;

answerRequests<HostileRequest, HostileAnswer>(async ({ target, seconds }) => {
  const deps = wireDeps(target);
  const untilMs = performance.now() + 1_000 * seconds;
  const connections: Record<string, number> = {};
  let next = 0;
  const repeat = async (name: string, attack: Attack): Promise<void> => {
    while (performance.now() < untilMs) {
      connections[name] = (connections[name] ?? 0) + 1;
      await attempt(attack, deps, loopbackAddress(1 + (next++ % ADDRESSES)), untilMs);
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(
    Object.entries(ATTACKS).flatMap(([name, attack]) =>
      Array.from({ length: CONCURRENCY }, () => repeat(name, attack)),
    ),
  );
  return { connections };
});

/** An attack that fails because the server throws it out has done what it could. */
async function attempt(
  attack: Attack,
  deps: WireDeps,
  localAddress: string,
  untilMs: number,
): Promise<void> {
  const patienceMs = Math.min(PATIENCE_MS, Math.max(0, untilMs - performance.now()));
  await Promise.race([attack(deps, localAddress).catch(() => {}), sleep(patienceMs)]);
}
