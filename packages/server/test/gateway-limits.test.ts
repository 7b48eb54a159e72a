import { connect as connectTcp } from "node:net";
import { DEFAULT_LIMITS, PROTOCOL_CONSTANTS } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import { eventually, frameOf, startGateway, type WireClient } from "./gateway-world.ts";

const TWO = { goalCount: 2, overselection: 1, minimumFraction: 0.5 };

/** Resolves when a TCP connection to `url` has ended. */
function knock(url: string): Promise<unknown> {
  const socket = connectTcp(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  return new Promise((resolve) => socket.once("close", resolve));
}

describe("the gateway's limits", () => {
  it("refuse too many connections of one address before the clients can send anything", async () => {
    const world = await startGateway({ limits: { maxConnectionsPerAddress: 2 } });
    const first = await world.greet();
    await world.connect();
    await knock(world.url);
    expect(world.cuts).toEqual(["address-connections"]);
    await first.close();
    await eventually("it has gone", () => world.gateway.connectionCount === 1);
    await world.greet();
  });

  it("refuse connections that come too fast, until enough time has passed", async () => {
    const limits = { connectionBurstPerAddress: 1, connectionsPerSecondPerAddress: 1 };
    const world = await startGateway({ limits });
    await (await world.greet()).close();
    await knock(world.url);
    expect(world.cuts).toEqual(["address-rate"]);
    world.clock.advance(1_000);
    await world.greet();
  });

  it("cut the oldest connection that has not greeted when there are too many, and no other", async () => {
    const world = await startGateway({ limits: { maxPendingConnections: 1 } });
    const [first, second] = [await world.greet(), await world.greet()];
    const halfOpen = await world.connect();
    await world.greet();
    await halfOpen.closed;
    expect(world.cuts).toEqual(["too-many-pending"]);
    await first.roundTrip();
    await second.roundTrip();
  });

  it("admit every honest client while twenty addresses hold half-open connections", async () => {
    const world = await startGateway({
      limits: { maxPendingConnections: 40 },
      trustedProxies: ["loopback"],
    });
    // Each attacker opens as many as there are places, and opens a new one for each that is cut.
    const flood = async (index: number): Promise<void> => {
      for (let opened = 0; opened < 8; opened++) {
        const forwardedFor = index < 10 ? `192.0.2.${index}` : `2001:db8:1:${index}::1`;
        await world.connect({ forwardedFor });
      }
    };
    const honest = async (index: number): Promise<WireClient> => {
      const client = await world.connect({ forwardedFor: `198.51.100.${index}` });
      await new Promise((resolve) => setImmediate(resolve));
      return client.greet();
    };
    const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    const [clients] = await Promise.all([
      Promise.all(indices(26).map(honest)),
      ...indices(20).map(flood),
    ]);
    for (const client of clients) await client.roundTrip();
    expect(world.cuts.length).toBeGreaterThanOrEqual(20 * 8 - 40);
    expect(new Set(world.cuts)).toEqual(new Set(["too-many-pending"]));
  });

  it("count the requests of all sessions of an address together", async () => {
    const world = await startGateway({ limits: { requestBurstPerAddress: 3 } });
    const [first, second] = [await world.greet(), await world.greet()];
    await first.roundTrip();
    await first.roundTrip();
    await second.roundTrip();
    second.send({ type: "modelRequest", population: "writers", heldArtifacts: [] });
    expect(await second.expect("failure")).toMatchObject({ code: "RATE_LIMITED" });
    expect(await second.closed).toBe(4430);
    expect(world.rateLimited).toEqual(["address"]);
    world.clock.advance(1_000);
    await first.roundTrip();
  });

  it("do not count a request that has led to a round", async () => {
    const world = await startGateway({ limits: { requestBurst: 1 } });
    await world.startTask({ round: { ...TWO, goalCount: 1 } });
    const client = await world.greet();
    for (let round = 0; round < 4; round++) await client.takePart();
  });

  it("cut a client that sends more than a greeting before the welcome, in pieces of any size", async () => {
    const world = await startGateway();
    const client = await world.connect();
    for (let piece = 0; piece < 100; piece++) {
      client.socket.send(new Uint8Array(100), { fin: false });
    }
    expect(await client.closed).toBe(1009);
    expect(world.failures).toEqual(["FRAME_TOO_LARGE"]);
  });

  it("cut a client that sends too many probes", async () => {
    const world = await startGateway();
    const client = await world.greet();
    for (let probe = 0; probe <= DEFAULT_LIMITS.requestBurst; probe++) client.socket.ping();
    expect(await client.closed).toBe(1006);
    expect(world.cuts).toEqual(["probes"]);
  });

  it("cut a client that does not answer a close frame", async () => {
    const world = await startGateway();
    const client = await world.greet();
    client.socket.pause();
    client.sendBytes(frameOf(9, new Uint8Array(4)));
    await eventually("it was told", () => world.failures.length === 1);
    expect(world.gateway.connectionCount).toBe(1);
    world.clock.advance(DEFAULT_LIMITS.closeTimeoutMs);
    await eventually("it is gone", () => world.gateway.connectionCount === 0);
    client.socket.terminate();
  });

  describe("on uploads", () => {
    async function uploading(): Promise<{
      readonly world: Awaited<ReturnType<typeof startGateway>>;
      readonly client: WireClient;
      readonly payload: Uint8Array;
      readonly finish: () => Promise<void>;
    }> {
      const world = await startGateway();
      await world.startTask({ round: { ...TWO, reportingTimeoutMs: 60_000 } });
      const [honest, client] = [await world.greet(), await world.greet()];
      const [theirs, ours] = await Promise.all([honest.joinRound(), client.joinRound()]);
      client.send({ type: "configured", roundId: ours.roundId });
      const payload = client.begin(ours);
      await client.expect("reportGrant");
      return {
        world,
        client,
        payload,
        async finish() {
          expect((await honest.finishRound(theirs)).outcome).toHaveProperty("committed");
        },
      };
    }

    it("cut one that stops half way", async () => {
      const { world, client, payload, finish } = await uploading();
      client.send({ type: "reportChunk", data: payload.subarray(0, 7) });
      await client.settled();
      world.clock.advance(DEFAULT_LIMITS.uploadStallTimeoutMs);
      expect(await client.expect("failure")).toMatchObject({ code: "TIMED_OUT" });
      expect(await client.closed).toBe(4408);
      await finish();
    });

    it("cut one that comes byte by byte", async () => {
      const { world, client, payload, finish } = await uploading();
      for (let byte = 0; byte <= PROTOCOL_CONSTANTS.maxReportPieces; byte++) {
        client.send({ type: "reportChunk", data: payload.subarray(byte, byte + 1) });
      }
      expect(await client.closed).toBe(4409);
      expect(world.failures).toEqual(["UNEXPECTED_MESSAGE"]);
      await finish();
    });
  });
});
