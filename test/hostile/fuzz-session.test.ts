import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ERROR_CODES,
  encodeClientMessage,
  type ClientMessage,
  type ServerMessage,
} from "@tributary/protocol";
import { anyMessage } from "./support/arbitrary-messages.ts";
import { fuzzLimitMs, fuzzRuns, fuzzTitle } from "./support/fuzz-budget.ts";
import { honestUpdate, payloadOf, type HostileClient } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

/**
 * One thing that a client does. `forward` is what an honest client would do next: it leads deep into a session, so that the
 * others meet every state.
 */
type Step =
  | { readonly do: "forward" }
  | { readonly do: "checkIn"; readonly population: string }
  | { readonly do: "configured" | "begin" | "report" | "ping" }
  | { readonly do: "message"; readonly message: ClientMessage }
  | { readonly do: "record" | "frame"; readonly bytes: Uint8Array };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 24, arbitrary: fc.constant<Step>({ do: "forward" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "checkIn", population: "alone" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "checkIn", population: "crowd" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "configured" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "begin" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "report" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "ping" }) },
  {
    weight: 1,
    arbitrary: anyMessage.map((message): Step => ({ do: "message", message })),
  },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 200 })
      .chain((bytes) => fc.constantFrom<Step>({ do: "record", bytes }, { do: "frame", bytes })),
  },
);

/** The codes that a server may close a connection with; any other, or 1011, is a fault of its own. */
const CLOSES = new Set<number>(
  Object.entries(ERROR_CODES).flatMap(([code, { close }]) =>
    close === null || code === "INTERNAL" ? [] : [close],
  ),
);

/** What an honest client that has heard all this, and done that last, does now. */
function nextStep(seen: readonly ServerMessage[], last: Step["do"] | undefined): Step {
  switch (seen.at(-1)?.type) {
    case "roundConfiguration":
      return { do: last === "configured" ? "begin" : "configured" };
    case "reportGrant":
      return { do: "report" };
    case "checkInAccepted":
    case "reportResult":
      return { do: "ping" };
    default:
      return { do: "checkIn", population: "alone" };
  }
}

/** Does one step and waits until the server has handled it. @returns Whether the session goes on. */
async function take(client: HostileClient, seen: ServerMessage[], one: Step): Promise<boolean> {
  const round = seen.findLast((message) => message.type === "roundConfiguration");
  switch (one.do) {
    case "checkIn":
      client.checkIn(one.population);
      break;
    case "configured":
      if (round !== undefined) client.configured(round);
      break;
    case "begin":
      if (round !== undefined) client.begin(round);
      break;
    case "report":
      client.send({ type: "reportChunk", data: payloadOf(honestUpdate) });
      break;
    case "message":
      client.sendBytes(client.seal(encodeClientMessage(one.message)));
      break;
    case "record":
      client.sendBytes(client.seal(one.bytes));
      break;
    case "frame":
      client.sendBytes(one.bytes);
      break;
    case "forward":
    case "ping":
      break;
  }
  return Promise.race([client.settled().then(() => true), client.closed.then(() => false)]);
}

/** Keeps what the server says, until the connection ends. */
async function listen(client: HostileClient, seen: ServerMessage[]): Promise<void> {
  try {
    for (;;) {
      const received = await client.next();
      if ("type" in received) seen.push(received);
    }
  } catch {
    // It has ended.
  }
}

/** Sequences for each honest round: rounds that follow each other without a pause take most of the process from the fuzzer. */
const SEQUENCES_A_ROUND = 16;

/** Lets whoever waits through when it is turned. */
class Turnstile {
  #isOpen = false;
  #waiting: (() => void)[] = [];

  pass(): Promise<void> {
    return this.#isOpen ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  turn(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Lets everyone through from now on. */
  open(): void {
    this.#isOpen = true;
    this.turn();
  }
}

it(
  `no sequence of steps breaks the session or the honest rounds (${fuzzTitle})`,
  async () => {
    const honest = new Turnstile();
    const world = await openWorld({
      pace: () => honest.pass(),
      // The fuzzer is one address, and in a hurry.
      limits: { connectionBurstPerAddress: 1_000_000, requestBurstPerAddress: 1_000_000 },
    });
    await world.startTask("alone", { reportingTimeoutMs: 1_000 });
    await world.startTask("crowd", { goalCount: 99 });
    let sequences = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        if (++sequences % SEQUENCES_A_ROUND === 0) honest.turn();
        const client = await world.greet();
        const seen: ServerMessage[] = [];
        const listening = listen(client, seen);
        let isOpen = true;
        let last: Step["do"] | undefined;
        for (const drawn of steps) {
          const one = drawn.do === "forward" ? nextStep(seen, last) : drawn;
          isOpen = await take(client, seen, one);
          if (!isOpen) break;
          last = one.do;
        }
        if (isOpen) client.socket.close(1000);
        const code = await client.closed;
        await listening;
        if (!isOpen) expect(CLOSES).toContain(code);
        expect(seen.filter((said) => "code" in said && said.code === "INTERNAL")).toEqual([]);
      }),
      fuzzRuns,
    );
    // Nobody who is gone is waited for.
    honest.open();
    await world.honestRounds(2);
    for (const task of await world.server.storage.rounds.tasks()) {
      if (task.population !== "crowd") continue;
      expect((await world.server.coordinator.progress(task)).waitingClients).toBe(0);
    }
    const internal = 'tributary_session_failures_total{code="INTERNAL"}';
    expect(await world.metric(internal)).toBe(0);
  },
  fuzzLimitMs,
);
