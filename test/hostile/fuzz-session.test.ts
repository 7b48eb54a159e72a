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
 * One action of a client. `forward` is what an honest client would do next. It leads deep into a
 * session, so that the other actions happen in every state.
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

/**
 * The codes with which a server may close a connection. Any other code, and 1011 (INTERNAL), would
 * be a fault of the server.
 */
const CLOSES = new Set<number>(
  Object.entries(ERROR_CODES).flatMap(([code, { close }]) =>
    close === null || code === "INTERNAL" ? [] : [close],
  ),
);

/** What an honest client does after it has received these messages and taken this last step. */
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

/**
 * Takes one step and waits until the server has handled it.
 * @returns Whether the session goes on.
 */
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

/** Records what the server sends until the connection ends. */
async function listen(client: HostileClient, seen: ServerMessage[]): Promise<void> {
  try {
    for (;;) {
      const received = await client.next();
      if ("type" in received) seen.push(received);
    }
  } catch {
    // The connection has ended.
  }
}

/**
 * The number of sequences for each round of the honest clients. Rounds that follow each other
 * without a pause would leave the fuzzer little of the processor.
 */
const SEQUENCES_A_ROUND = 16;

/** Lets all who wait pass each time it is turned. */
class Turnstile {
  #isOpen = false;
  #waiting: (() => void)[] = [];

  pass(): Promise<void> {
    return this.#isOpen ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  turn(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Lets everyone pass from now on. */
  open(): void {
    this.#isOpen = true;
    this.turn();
  }
}

it(
  `no sequence of steps breaks the server or the honest clients' rounds (${fuzzTitle})`,
  async () => {
    const honest = new Turnstile();
    const world = await openWorld({
      pace: () => honest.pass(),
      // All of the fuzzer's many connections come from one address.
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
    // The server must not wait for clients that have left.
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
