import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import {
  greetWire,
  loopbackAddress,
  wireDeps,
  type BenchTarget,
  type WireClient,
} from "../load/wire-client.ts";

// `bench connections` runs this in a process of its own: many clients that connect, wait and check
// in.

export interface ConnectionConversation {
  readonly connect: {
    readonly request: { readonly target: BenchTarget; readonly clients: number };
    readonly answer: ConnectionAnswer;
  };
  /** All clients check in at the same time. */
  readonly checkIn: {
    readonly request: { readonly population: string };
    readonly answer: ConnectionAnswer;
  };
}

export interface ConnectionAnswer {
  /** Clients that connected, or check-ins that were answered. */
  readonly count: number;
  /** How many of these were accepted. */
  readonly accepted: number;
  readonly seconds: number;
}

/** How many handshakes are under way at the same time. */
const CONCURRENCY = 64;
/**
 * How many clients come from one address. A server allows more connections than that from an
 * address.
 */
const CLIENTS_PER_ADDRESS = 500;

const clients: WireClient[] = [];

serve<ConnectionConversation>(ownerEndpoint(), {
  connect: ({ target, clients: count }) => timed(() => connectAll(target, count)),
  checkIn: ({ population }) => timed(() => checkInAll(population)),
});

async function timed(work: () => Promise<Outcome>): Promise<ConnectionAnswer> {
  const startedAtMs = performance.now();
  return { ...(await work()), seconds: (performance.now() - startedAtMs) / 1_000 };
}

interface Outcome {
  readonly count: number;
  readonly accepted: number;
}

async function connectAll(target: BenchTarget, count: number): Promise<Outcome> {
  const deps = wireDeps(target);
  let next = 0;
  const connectSome = async (): Promise<void> => {
    while (next < count) {
      const address = loopbackAddress(Math.floor(next++ / CLIENTS_PER_ADDRESS));
      try {
        clients.push(await greetWire(deps, address));
      } catch {
        // A client that cannot connect is missing in the count.
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, connectSome));
  return { count: clients.length, accepted: clients.length };
}

async function checkInAll(population: string): Promise<Outcome> {
  const answers = await Promise.allSettled(
    clients.map(async (client) => {
      client.checkIn(population);
      for (;;) {
        const received = await client.next();
        if ("kind" in received) continue;
        if (received.type === "checkInAccepted") return true;
        if (received.type === "rejection") return false;
      }
    }),
  );
  const fulfilled = answers.filter((answer) => answer.status === "fulfilled");
  return {
    count: fulfilled.length,
    accepted: fulfilled.filter((answer) => answer.value).length,
  };
}
