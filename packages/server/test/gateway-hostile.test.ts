import { connect as connectTcp } from "node:net";
import {
  DEFAULT_LIMITS,
  PROTOCOL_CONSTANTS,
  ERROR_CODES,
  encodeClientMessage,
  encodeFrame,
  seededRandom,
  type ErrorCode,
  type RandomSource,
  type RoundId,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { beforeEach, describe, expect, it } from "vitest";

import { selfSignedCertificate } from "../src/certificate/self-signed.ts";
import {
  eventually,
  frameOf,
  startGateway,
  type GatewayWorld,
  type WireClient,
} from "./gateway-world.ts";
import { exampleTask } from "@tributary/core/testing";
import { MODEL } from "./coordinator-world.ts";
import { testFolder } from "./temporary-folder.ts";

const ONE = { goalCount: 1, overselection: 1, minimumFraction: 1 };
const NO_ROUND = "rnd_0000" as RoundId;
const random: RandomSource = seededRandom(createNodeCryptoProvider(), 77);

interface Attack {
  readonly title: string;
  readonly code: ErrorCode;
  readonly run: (client: WireClient) => void | Promise<void>;
}

const HELLO = { type: "hello", oldestVersion: 1, newestVersion: 1, software: "x" } as const;
const CHECK_IN = {
  type: "checkIn",
  population: "hostile",
  codecs: ["float32"],
  maxParameters: 1_000,
  exampleCount: 10,
  heldOutCount: 0,
  heldArtifacts: [],
} as const;

/** Attacks from a connection on which the client has sent nothing yet. */
const BEFORE_HANDSHAKE: readonly Attack[] = [
  {
    title: "bytes of no known kind",
    code: "MALFORMED_FRAME",
    run: (client) => client.sendBytes(frameOf(0x7f, random.bytes(200))),
  },
  {
    title: "an empty message",
    code: "MALFORMED_FRAME",
    run: (client) => client.sendBytes(new Uint8Array(0)),
  },
  {
    title: "a text message",
    code: "MALFORMED_FRAME",
    run: (client) => client.socket.send("\u0000 hello"),
  },
  {
    title: "a record before the handshake",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => client.sendBytes(frameOf(1, random.bytes(64))),
  },
  {
    title: "a handshake of random bytes",
    code: "HANDSHAKE_FAILED",
    run: (client) => client.sendBytes(frameOf(0, random.bytes(48))),
  },
  {
    title: "a handshake that is too short",
    code: "HANDSHAKE_FAILED",
    run: (client) => client.sendBytes(frameOf(0, random.bytes(31))),
  },
  {
    title: "a handshake with an all-zero key",
    code: "HANDSHAKE_FAILED",
    run: (client) => client.sendBytes(frameOf(0, new Uint8Array(48))),
  },
  {
    title: "a sealed chunk",
    code: "UNEXPECTED_MESSAGE",
    run: (client) =>
      client.sendBytes(
        encodeFrame({ kind: "sealedChunk", artifact: "plan", index: 0, body: random.bytes(99) }),
      ),
  },
  {
    title: "a cut header of a sealed chunk",
    code: "MALFORMED_FRAME",
    run: (client) => client.sendBytes(frameOf(2, Uint8Array.of(0, 1))),
  },
  {
    title: "a frame that is too large",
    code: "FRAME_TOO_LARGE",
    run: (client) => client.sendBytes(frameOf(1, new Uint8Array(65_536))),
  },
];

/** Attacks from a connection whose handshake is complete. */
const AFTER_HANDSHAKE: readonly Attack[] = [
  {
    title: "a second handshake",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => client.sendBytes(frameOf(0, random.bytes(48))),
  },
  {
    title: "a record of random bytes",
    code: "MALFORMED_FRAME",
    run: (client) => client.sendBytes(frameOf(1, random.bytes(80))),
  },
  {
    title: "a record too short for its tag",
    code: "MALFORMED_FRAME",
    run: (client) => client.sendBytes(frameOf(1, random.bytes(3))),
  },
  {
    title: "a record that is sent twice",
    code: "MALFORMED_FRAME",
    run: (client) => {
      const sealed = client.channel!.seal(encodeClientMessage(HELLO), 1);
      sealed[0] = 1;
      client.sendBytes(sealed);
      client.sendBytes(sealed);
    },
  },
  {
    title: "a message of random bytes",
    code: "MALFORMED_FRAME",
    run: (client) => client.sendRecord(Uint8Array.of(0xff, 0xff, 0xff, 0xff)),
  },
  {
    title: "a message with no body",
    code: "MALFORMED_FRAME",
    run: (client) => client.sendRecord(new Uint8Array(0)),
  },
  {
    title: "more than a greeting",
    code: "FRAME_TOO_LARGE",
    run: (client) => client.send({ ...HELLO, software: "s".repeat(9_000) }),
  },
  {
    title: "CheckIn before Hello",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => client.send(CHECK_IN),
  },
  {
    title: "ReportChunk before Hello",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => client.send({ type: "reportChunk", data: random.bytes(8) }),
  },
  {
    title: "a version that is too old",
    code: "VERSION_UNSUPPORTED",
    run: (client) => client.send({ ...HELLO, oldestVersion: 0, newestVersion: 0 }),
  },
  {
    title: "a version that is too new",
    code: "VERSION_UNSUPPORTED",
    run: (client) => client.send({ ...HELLO, oldestVersion: 2, newestVersion: 9 }),
  },
  {
    title: "a range of versions from back to front",
    code: "VERSION_UNSUPPORTED",
    run: (client) => client.send({ ...HELLO, oldestVersion: 9, newestVersion: 1 }),
  },
];

/** Attacks from a greeted session. The population `hostile` has a task with one client a round. */
const GREETED: readonly Attack[] = [
  {
    title: "a population name of sixty thousand characters",
    code: "MALFORMED_FRAME",
    run: (client) => client.send({ ...CHECK_IN, population: "p".repeat(60_000) }),
  },
  {
    title: "requests without a pause",
    code: "RATE_LIMITED",
    run: async (client) => {
      for (let request = 0; request < DEFAULT_LIMITS.requestBurst; request++) {
        await client.roundTrip();
      }
      client.send({ type: "modelRequest", population: "crowd", heldArtifacts: [] });
    },
  },
  {
    title: "Hello twice",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => client.send(HELLO),
  },
  {
    title: "Configured for a round it was never in",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => client.send({ type: "configured", roundId: NO_ROUND }),
  },
  {
    title: "Withdraw from a round it was never in",
    code: "UNEXPECTED_MESSAGE",
    run: (client) =>
      client.send({ type: "withdraw", roundId: NO_ROUND, code: "INTERNAL", message: "" }),
  },
  {
    title: "ReportBegin for a round it was never in",
    code: "UNEXPECTED_MESSAGE",
    run: (client) =>
      client.send({
        type: "reportBegin",
        roundId: NO_ROUND,
        reportNonce: new Uint8Array(16),
        exampleCount: 1,
        codec: "float32",
        updateBytes: 20,
        metrics: [],
      }),
  },
  {
    title: "ReportChunk in no round",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => client.send({ type: "reportChunk", data: random.bytes(20) }),
  },
  {
    title: "CheckIn twice",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => {
      client.send({ ...CHECK_IN, population: "crowd" });
      client.send({ ...CHECK_IN, population: "crowd" });
    },
  },
  {
    title: "ModelRequest while waiting",
    code: "UNEXPECTED_MESSAGE",
    run: (client) => {
      client.send({ ...CHECK_IN, population: "crowd" });
      client.send({ type: "modelRequest", population: "crowd", heldArtifacts: [] });
    },
  },
  {
    title: "CheckIn in the cohort",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      await client.joinRound("hostile");
      client.send(CHECK_IN);
    },
  },
  {
    title: "Configured twice",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      const { roundId } = await client.joinRound("hostile");
      client.send({ type: "configured", roundId });
      client.send({ type: "configured", roundId });
    },
  },
  {
    title: "ReportBegin before Configured",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      client.begin(await client.joinRound("hostile"));
    },
  },
  {
    title: "ReportChunk before Configured",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      await client.joinRound("hostile");
      client.send({ type: "reportChunk", data: random.bytes(20) });
    },
  },
  {
    title: "ReportChunk before ReportBegin",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      const { roundId } = await client.joinRound("hostile");
      client.send({ type: "configured", roundId });
      client.send({ type: "reportChunk", data: random.bytes(20) });
    },
  },
  {
    title: "ReportBegin twice",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      const configuration = await client.joinRound("hostile");
      client.send({ type: "configured", roundId: configuration.roundId });
      client.begin(configuration);
      client.begin(configuration);
    },
  },
  {
    title: "an empty ReportChunk",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      const configuration = await client.joinRound("hostile");
      client.send({ type: "configured", roundId: configuration.roundId });
      client.begin(configuration);
      client.send({ type: "reportChunk", data: new Uint8Array(0) });
    },
  },
  {
    title: "a ReportChunk past the report's end",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      const configuration = await client.joinRound("hostile");
      client.send({ type: "configured", roundId: configuration.roundId });
      client.begin(configuration);
      client.send({ type: "reportChunk", data: random.bytes(19) });
      client.send({ type: "reportChunk", data: random.bytes(2) });
    },
  },
  {
    title: "Configured for another round",
    code: "UNEXPECTED_MESSAGE",
    run: async (client) => {
      await client.joinRound("hostile");
      client.send({ type: "configured", roundId: NO_ROUND });
    },
  },
];

describe("a hostile session is closed with its code while an honest client goes on", () => {
  let world: GatewayWorld;
  let honest: WireClient;
  beforeEach(async () => {
    world = await startGateway();
    await world.startTask({ name: "honest", round: ONE });
    await world.startTask({ name: "hostile", population: "hostile", round: ONE });
    await world.startTask({ name: "crowd", population: "crowd", round: { goalCount: 99 } });
    honest = await world.greet();
  });

  async function attack({ code, run }: Attack, client: WireClient): Promise<void> {
    const configuration = await honest.joinRound();
    await run(client);
    expect(await client.closed).toBe(ERROR_CODES[code].close);
    expect((await honest.finishRound(configuration)).outcome).toHaveProperty("committed");
    expect(world.failures).toEqual([code]);
    await eventually("only the honest one is left", () => world.gateway.connectionCount === 1);
    for (const task of await world.storage.rounds.tasks()) {
      expect((await world.coordinator.progress(task)).waitingClients).toBe(0);
    }
  }

  for (const one of BEFORE_HANDSHAKE) {
    it(`after ${one.title}: ${one.code}`, async () => {
      await attack(one, await world.connect());
    });
  }
  for (const one of AFTER_HANDSHAKE) {
    it(`after ${one.title}: ${one.code}`, async () => {
      const client = await world.connect();
      await client.shakeHands();
      await attack(one, client);
    });
  }
  for (const one of GREETED) {
    it(`after ${one.title}: ${one.code}`, async () => {
      await attack(one, await world.greet());
    });
  }
});

/**
 * Starts a round of two clients. Its model is larger than what the operating system takes for the one
 * that does not read.
 */
async function withDeafMember(
  round: object,
): Promise<{ world: GatewayWorld; honest: WireClient; deaf: WireClient }> {
  const world = await startGateway();
  const definition = exampleTask({ round: { ...ONE, ...round } });
  const size = 6_000_000;
  const task = await world.coordinator.createTask(
    { ...definition, plan: { ...definition.plan, trainable: ["small"] } },
    {
      ...MODEL,
      parameters: [
        { name: "small/kernel", shape: [5] },
        { name: "large/kernel", shape: [size] },
      ],
    },
    new Float32Array(size + 5),
  );
  await world.coordinator.startTask(task.id);
  const [honest, deaf] = [await world.greet(), await world.greet()];
  for (const client of [honest, deaf]) client.checkIn("writers", { maxParameters: size + 5 });
  deaf.socket.pause();
  return { world, honest, deaf };
}

/** @returns The number of chunks. */
async function reportAfterDownload(client: WireClient): Promise<number> {
  await client.expect("checkInAccepted");
  const configuration = await client.expect("roundConfiguration");
  const { plan, checkpoint } = configuration.delivery;
  const chunkBytes = PROTOCOL_CONSTANTS.sealedChunkBytes;
  const count =
    Math.ceil(plan.byteLength / chunkBytes) + Math.ceil(checkpoint.byteLength / chunkBytes);
  await client.chunks(count);
  client.send({ type: "configured", roundId: configuration.roundId });
  const payload = client.begin(configuration);
  await client.expect("reportGrant");
  client.send({ type: "reportChunk", data: payload });
  await client.expect("reportResult");
  return count;
}

describe("a hostile member of a cohort", () => {
  it("is told in a Failure what was wrong before the session closes", async () => {
    const world = await startGateway();
    const client = await world.greet();
    client.send(HELLO);
    expect(await client.expect("failure")).toMatchObject({ code: "UNEXPECTED_MESSAGE" });
    expect(await client.closed).toBe(4409);
  });

  it("that announces twice while it waits for its upload turn is closed and keeps no turn", async () => {
    const world = await startGateway({ limits: { maxConcurrentReports: 1 } });
    await world.startTask({ round: { ...ONE, goalCount: 3, minimumFraction: 0.3 } });
    const [first, twice, last] = [await world.greet(), await world.greet(), await world.greet()];
    const [a, b, c] = await Promise.all([first, twice, last].map((client) => client.joinRound()));
    first.send({ type: "configured", roundId: a!.roundId });
    const payload = first.begin(a!);
    await first.expect("reportGrant");
    twice.send({ type: "configured", roundId: b!.roundId });
    twice.begin(b!);
    twice.begin(b!);
    expect(await twice.closed).toBe(4409);
    last.send({ type: "configured", roundId: c!.roundId });
    const other = last.begin(c!);
    await last.settled();
    first.send({ type: "reportChunk", data: payload });
    await first.expect("reportResult");
    await last.expect("reportGrant"); // at once, and not after the upload timeout of a turn nobody uses
    last.send({ type: "reportChunk", data: other });
    await last.expect("reportResult");
    expect((await last.expect("roundOutcome")).outcome).toHaveProperty("committed");
  });

  it("that sends too large a frame leaves its cohort at once, even if it does not answer the close", async () => {
    const world = await startGateway();
    await world.startTask({ round: { ...ONE, goalCount: 2, minimumFraction: 0.5 } });
    const [honest, hostile] = [await world.greet(), await world.greet()];
    const [configuration] = await Promise.all([honest.joinRound(), hostile.joinRound()]);
    hostile.socket.pause();
    hostile.sendBytes(frameOf(1, new Uint8Array(70_000)));
    await eventually("the server has seen it", () => world.failures.length === 1);
    expect((await honest.finishRound(configuration)).outcome).toHaveProperty("committed");
    hostile.socket.terminate();
  });

  it("that sends a message in countless pieces is cut off", async () => {
    const world = await startGateway();
    const client = await world.greet();
    for (let piece = 0; piece < 1_100; piece++)
      client.socket.send(Uint8Array.of(1), { fin: false });
    expect(await client.closed).toBe(1008);
    await eventually("nobody is connected", () => world.gateway.connectionCount === 0);
  });

  it("that does not read what it is sent holds nobody up", async () => {
    const { world, honest, deaf } = await withDeafMember({ goalCount: 2, minimumFraction: 0.5 });
    await reportAfterDownload(honest);
    // It does not answer a probe either, and is cut for that.
    for (let beat = 0; beat < 3; beat++) {
      world.clock.advance(world.limits.heartbeatIntervalMs);
      await honest.settled();
    }
    expect((await honest.expect("roundOutcome")).outcome).toHaveProperty("committed");
    deaf.socket.terminate();
  });

  it("that reads again after the round has ended gets no more of its model", async () => {
    const { honest, deaf } = await withDeafMember({ goalCount: 1, overselection: 2 });
    const chunkCount = await reportAfterDownload(honest);
    expect((await honest.expect("roundOutcome")).outcome).toHaveProperty("committed");
    deaf.socket.resume();
    await deaf.expect("checkInAccepted");
    await deaf.expect("roundConfiguration");
    let chunks = 0;
    for (;;) {
      const received = await deaf.next();
      if ("kind" in received) chunks += 1;
      else {
        expect(received.type).toBe("roundOutcome");
        break;
      }
    }
    expect(chunks).toBeLessThan(chunkCount);
    await deaf.roundTrip(); // the next message, and no chunk before it
  });

  it("that disconnects leaves its cohort at once", async () => {
    const world = await startGateway();
    await world.startTask({ round: { ...ONE, goalCount: 2, minimumFraction: 0.5 } });
    const [honest, gone] = [await world.greet(), await world.greet()];
    const [configuration, theirs] = await Promise.all([honest.joinRound(), gone.joinRound()]);
    gone.send({ type: "configured", roundId: theirs.roundId });
    gone.begin(theirs);
    await gone.expect("reportGrant");
    gone.socket.terminate();
    expect((await honest.finishRound(configuration)).outcome).toHaveProperty("committed");
  });

  it("cannot crash the server with any bytes in a record", async () => {
    const world = await startGateway();
    await world.startTask({ name: "honest", round: ONE });
    await world.startTask({ name: "hostile", population: "hostile", round: ONE });
    const honest = await world.greet();
    const bytes = seededRandom(createNodeCryptoProvider(), 5);
    for (let attempt = 0; attempt < 60; attempt++) {
      const client = await world.greet();
      const good = encodeClientMessage(
        [
          CHECK_IN,
          { type: "configured", roundId: NO_ROUND } as const,
          {
            type: "reportBegin",
            roundId: NO_ROUND,
            reportNonce: bytes.bytes(16),
            exampleCount: 3,
            codec: "float32",
            updateBytes: 20,
            metrics: [{ name: "loss", value: 1 }],
          } as const,
        ][attempt % 3]!,
      );
      const [at = 0, to = 0, more = 0] = bytes.bytes(3);
      const bad = attempt % 4 === 0 ? bytes.bytes(more) : good.slice();
      if (bad.length > 0) bad[at % bad.length] = to;
      client.sendRecord(bad);
      client.sendRecord(bad);
      client.sendRecord(bytes.bytes(more));
      client.socket.close();
      await client.closed;
    }
    expect((await honest.takePart()).outcome).toHaveProperty("committed");
    await eventually("only the honest one is left", () => world.gateway.connectionCount === 1);
  });
});

describe("a connection that never becomes a session", () => {
  it("is closed once it has been refused, even if the client does not close its end", async () => {
    const world = await startGateway();
    const socket = connectTcp({
      port: Number(new URL(world.url).port),
      host: "127.0.0.1",
      allowHalfOpen: true,
    });
    let answer = "";
    socket.on("data", (data: Buffer) => (answer += data.toString()));
    socket.on("error", () => {});
    const ended = new Promise((resolve) => socket.once("end", resolve));
    let isClosed = false;
    socket.once("close", () => (isClosed = true));
    socket.write(
      "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
        "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await ended;
    expect(answer).toContain("400");
    // A server that has closed the connection answers further bytes with a reset.
    await eventually("the connection is reset", () => {
      if (!isClosed) socket.write("x");
      return isClosed;
    });
  });

  it("is cut by the same deadline, before TLS, before HTTP and inside a request", async () => {
    const limits = { handshakeTimeoutMs: 50 };
    const tls = await selfSignedCertificate(await testFolder(), ["127.0.0.1"], Date.now());
    const [plain, secure] = [await startGateway({ limits }), await startGateway({ limits, tls })];
    const silent = (url: string, text: string): Promise<unknown> => {
      const socket = connectTcp(Number(new URL(url).port), "127.0.0.1");
      socket.on("error", () => {});
      socket.write(text);
      socket.resume();
      return new Promise((resolve) => socket.once("close", resolve));
    };
    const cut = Promise.all([
      silent(plain.url, ""),
      silent(plain.url, "GET / HTTP/1.1\r\nhost: x\r\n"),
      silent(secure.url, ""),
      silent(secure.url, "\u0016\u0003\u0001"),
    ]);
    const known = (): number => plain.gateway.pendingCount + secure.gateway.pendingCount;
    await eventually("all have come in", () => known() === 4);
    for (const { clock } of [plain, secure]) clock.advance(limits.handshakeTimeoutMs);
    await cut;
    await eventually("all are gone", () => known() === 0);
    for (const { cuts } of [plain, secure]) {
      expect(cuts).toEqual(["handshake-timeout", "handshake-timeout"]);
    }
    // A plain HTTP request is answered and cut, even if its body never ends.
    await silent(plain.url, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx");
    expect(plain.cuts.slice(2)).toEqual(["not-a-websocket"]);
    // A connection that speaks neither HTTP nor TLS is cut too.
    await Promise.all([
      silent(plain.url, "\u0000\u0001\r\n"),
      silent(secure.url, "GET / HTTP/1.1\r\n"),
    ]);
    expect(plain.cuts.slice(3)).toEqual(["bad-request"]);
    expect(secure.cuts.slice(2)).toEqual(["bad-tls"]);
  });
});
