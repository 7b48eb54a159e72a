import { expect, it } from "vitest";
import type { ClientMessage, ClientMessageType, RoundId, SessionId } from "@tributary/protocol";
import { DIMENSION, random, type HostileClient } from "./support/hostile-client.ts";
import { openWorld, type HostileWorld } from "./support/hostile-world.ts";

const NO_ROUND = `rnd_${"0".repeat(32)}` as RoundId;

const MESSAGES: Readonly<Record<ClientMessageType, (roundId: RoundId) => ClientMessage>> = {
  hello: () => ({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "hostile" }),
  checkIn: () => ({
    type: "checkIn",
    population: "alone",
    codecs: ["float32"],
    maxParameters: 100_000,
    exampleCount: 10,
    heldOutCount: 0,
    heldArtifacts: [],
  }),
  modelRequest: () => ({ type: "modelRequest", population: "alone", heldArtifacts: [] }),
  resume: (roundId) => ({
    type: "resume",
    population: "alone",
    roundId,
    sessionId: "ses_0" as SessionId,
    resumeSecret: random.bytes(32),
    heldArtifacts: [],
  }),
  configured: (roundId) => ({ type: "configured", roundId }),
  withdraw: (roundId) => ({ type: "withdraw", roundId, code: "PLAN_REFUSED", message: "no" }),
  reportBegin: (roundId) => ({
    type: "reportBegin",
    roundId,
    reportNonce: random.bytes(16),
    exampleCount: 10,
    codec: "float32",
    updateBytes: 4 * DIMENSION,
    metrics: [{ name: "loss", value: 1 }],
  }),
  reportChunk: () => ({ type: "reportChunk", data: random.bytes(40) }),
  probe: () => ({ type: "probe", sentBytes: 0 }),
};

/** A state of a session, and how to get there. */
interface Stage {
  readonly name: string;
  /** Brings a client into the state. @returns The round it is in. */
  readonly reach: (world: HostileWorld, client: HostileClient) => Promise<RoundId>;
  /** The messages that a client may send in this state: docs/protocol.md §4. */
  readonly allowed: readonly ClientMessageType[];
}

const STAGES: readonly Stage[] = [
  {
    name: "greeting",
    reach: async (_world, client) => {
      await client.shakeHands();
      return NO_ROUND;
    },
    allowed: ["hello"],
  },
  {
    name: "idle",
    reach: async (_world, client) => {
      await client.greet();
      return NO_ROUND;
    },
    allowed: ["checkIn", "modelRequest", "resume", "probe"],
  },
  {
    name: "waiting",
    reach: async (_world, client) => {
      await client.greet();
      client.checkIn("crowd");
      await client.expect("checkInAccepted");
      return NO_ROUND;
    },
    allowed: ["probe"],
  },
  {
    name: "configuring",
    reach: async (_world, client) => {
      await client.greet();
      return (await client.joinRound("alone")).roundId;
    },
    allowed: ["configured", "withdraw", "probe"],
  },
  {
    name: "training",
    reach: async (_world, client) => {
      await client.greet();
      const configuration = await client.joinRound("alone");
      client.configured(configuration);
      return configuration.roundId;
    },
    allowed: ["withdraw", "reportBegin", "probe"],
  },
  {
    name: "uploading",
    reach: async (_world, client) => {
      await client.greet();
      const configuration = await client.joinRound("alone");
      client.configured(configuration);
      client.begin(configuration);
      await client.expect("reportGrant");
      return configuration.roundId;
    },
    allowed: ["withdraw", "reportChunk", "probe"],
  },
];

for (const { name, reach, allowed } of STAGES) {
  const wrong = (Object.keys(MESSAGES) as ClientMessageType[]).filter(
    (type) => !allowed.includes(type),
  );
  it(`while ${name}, each of ${wrong.join(", ")} ends the session and frees the client's place`, async () => {
    const world = await openWorld();
    await world.startTask("alone");
    await world.startTask("crowd", { goalCount: 99 });
    for (const type of wrong) {
      const client = await world.connect();
      const roundId = await reach(world, client);
      client.send(MESSAGES[type](roundId));
      expect([type, await client.closed]).toEqual([type, 4409]);
    }
    const failures = 'tributary_session_failures_total{code="UNEXPECTED_MESSAGE"}';
    expect(await world.metric(failures)).toBe(wrong.length);
    await world.honestRounds(1);
  });
}
