import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import { ATTACKS, type Attack } from "./attacks.ts";
import { loopbackAddress, wireDeps, type BenchTarget, type WireDeps } from "../load/wire-client.ts";

// `bench hostile` runs this in a process of its own: every attack, again and again, from many
// addresses.

export interface HostileConversation {
  readonly attack: {
    readonly request: { readonly target: BenchTarget; readonly seconds: number };
    /** How many attacks were begun, by name. Each of them is a connection of its own. */
    readonly answer: Readonly<Record<string, number>>;
  };
}

/** How many clients run each kind of attack at the same time. */
const CONCURRENCY = 4;
/** How long an attack may take, milliseconds. Then the next one begins. */
const PATIENCE_MS = 15_000;
/** Pause between two attacks of one client, milliseconds. It leaves the processor to the server. */
const PAUSE_MS = 20;
/** How many addresses the attacks come from. The honest clients come from another one. */
const ADDRESSES = 200;

serve<HostileConversation>(ownerEndpoint(), {
  attack: ({ target, seconds }) => attackFor(target, seconds),
});

async function attackFor(target: BenchTarget, seconds: number): Promise<Record<string, number>> {
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
  return connections;
}

/**
 * Runs one attack. That the server ends it with an error is what should happen, so that errors are
 * ignored.
 */
async function attempt(
  attack: Attack,
  deps: WireDeps,
  localAddress: string,
  untilMs: number,
): Promise<void> {
  const patienceMs = Math.min(PATIENCE_MS, Math.max(0, untilMs - performance.now()));
  await Promise.race([attack(deps, localAddress).catch(() => {}), sleep(patienceMs)]);
}
