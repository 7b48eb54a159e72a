import { noEvents } from "../src/telemetry/event-feed.ts";
import { connect as connectTcp } from "node:net";
import {
  TributaryError,
  generateServerSecrets,
  seededRandom,
  serverKeyOf,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import { selfSignedCertificate } from "../src/certificate/self-signed.ts";
import { eventually, startGateway, type WireClient } from "./gateway-world.ts";
import { testFolder } from "./temporary-folder.ts";

const ONE = { goalCount: 1, overselection: 1, minimumFraction: 1 };

describe("a session", () => {
  for (const transport of ["ws", "wss"] as const) {
    it(`takes a client through rounds over ${transport}, and leaves nothing behind`, async () => {
      const tls =
        transport === "ws"
          ? undefined
          : await selfSignedCertificate(await testFolder(), ["127.0.0.1"], Date.now());
      const world = await startGateway(tls === undefined ? {} : { tls });
      expect(world.url.startsWith(`${transport}://127.0.0.1:`)).toBe(true);
      const task = await world.startTask({ round: { ...ONE, goalCount: 2 } });
      const clients = [await world.greet(), await world.greet()];
      expect(world.gateway.connectionCount).toBe(2);
      for (let number = 1; number <= 2; number++) {
        const outcomes = await Promise.all(clients.map((client) => client.takePart()));
        for (const { outcome, nextCheckInMs } of outcomes) {
          expect(outcome).toHaveProperty("committed");
          expect(nextCheckInMs).toBe(0);
        }
      }
      for (const client of clients) await client.close();
      await eventually("nobody is connected", () => world.gateway.connectionCount === 0);
      expect((await world.coordinator.progress(task)).waitingClients).toBe(0);
      const rounds = await world.rounds(task);
      expect(rounds.map(({ outcome, reported }) => [outcome, reported])).toEqual([
        ["committed", 2],
        ["committed", 2],
      ]);
      expect(rounds[1]!.bytesUp).toBeGreaterThan(2 * 20);
      expect(rounds[1]!.bytesDown).toBeGreaterThan(2 * 20);
      expect(world.failures).toEqual([]);
    });
  }

  it("sends only what a client does not hold", async () => {
    const world = await startGateway();
    await world.startTask({ round: ONE, publicModel: true });
    const client = await world.greet();
    client.send({ type: "modelRequest", population: "writers", heldArtifacts: [] });
    const { delivery } = await client.expect("modelOffer");
    const other = await world.greet();
    other.send({
      type: "checkIn",
      population: "writers",
      codecs: ["float32"],
      maxParameters: 100,
      exampleCount: 10,
      heldOutCount: 0,
      heldArtifacts: [delivery.plan.id],
    });
    await other.expect("checkInAccepted");
    await other.expect("roundConfiguration");
    expect((await other.chunks(1)).map(({ artifact }) => artifact)).toEqual(["checkpoint"]);
    await other.close();
    const third = await world.greet();
    third.send({
      type: "checkIn",
      population: "writers",
      codecs: ["float32"],
      maxParameters: 100,
      exampleCount: 10,
      heldOutCount: 0,
      heldArtifacts: [delivery.checkpoint.id, delivery.plan.id],
    });
    await third.expect("checkInAccepted");
    const configuration = await third.expect("roundConfiguration");
    expect((await third.finishRound(configuration)).outcome).toHaveProperty("committed");
  });

  it("offers the newest model, and stays open when the population is unknown", async () => {
    const world = await startGateway();
    await world.startTask({ publicModel: true, round: ONE });
    const client = await world.greet();
    await client.roundTrip();
    client.send({ type: "modelRequest", population: "writers", heldArtifacts: [] });
    expect((await client.expect("modelOffer")).roundNumber).toBe(0);
    await client.chunks(2);
    await client.takePart();
    client.send({ type: "modelRequest", population: "writers", heldArtifacts: [] });
    expect((await client.expect("modelOffer")).roundNumber).toBe(1);
    await client.chunks(2);
    await client.close();
  });

  it("rejects a check-in that no task needs, with a time to come back, and stays open", async () => {
    const world = await startGateway();
    const client = await world.greet();
    client.checkIn("nobody");
    expect(await client.expect("rejection")).toMatchObject({
      code: "NO_OPEN_ROUND",
      retryAfterMs: expect.any(Number),
    });
    await world.startTask({ round: ONE, eligibility: { minimumExamples: 11 } });
    client.checkIn();
    expect(await client.expect("rejection")).toMatchObject({ code: "NOT_ELIGIBLE" });
    await client.roundTrip();
  });

  it("tells a client why its report is refused, and lets it check in again", async () => {
    const world = await startGateway();
    await world.startTask({ round: { ...ONE, goalCount: 2, minimumFraction: 0.5 } });
    const [good, bad] = [await world.greet(), await world.greet()];
    const [ours, theirs] = await Promise.all([good.joinRound(), bad.joinRound()]);
    bad.send({ type: "configured", roundId: theirs.roundId });
    const payload = bad.begin(theirs, new Float32Array(5).fill(NaN));
    await bad.expect("reportGrant");
    bad.send({ type: "reportChunk", data: payload });
    const { refused } = await bad.expect("reportResult");
    expect(refused?.code).toBe("UPDATE_NOT_FINITE");
    bad.checkIn();
    expect(await bad.expect("rejection")).toMatchObject({
      code: "NO_OPEN_ROUND",
      retryAfterMs: refused?.retryAfterMs,
    });
    world.clock.advance(refused!.retryAfterMs - 1);
    bad.checkIn();
    await bad.expect("checkInAccepted");
    expect((await good.finishRound(ours)).outcome).toHaveProperty("committed");
  });

  it("answers a report that crosses the end of a round, and ignores the rest of an upload", async () => {
    const world = await startGateway();
    await world.startTask({ round: { ...ONE, overselection: 3 } });
    const clients = [await world.greet(), await world.greet(), await world.greet()];
    const [quick, late, uploading] = clients as [WireClient, WireClient, WireClient];
    const configurations = await Promise.all(clients.map((client) => client.joinRound()));
    const [first, second, third] = configurations as [
      (typeof configurations)[0],
      (typeof configurations)[0],
      (typeof configurations)[0],
    ];
    uploading.send({ type: "configured", roundId: third.roundId });
    const payload = uploading.begin(third);
    await uploading.expect("reportGrant");
    uploading.send({ type: "reportChunk", data: payload.subarray(0, 4) });
    await quick.finishRound(first);
    await uploading.expect("roundOutcome");
    const { nextCheckInMs } = await late.expect("roundOutcome");
    // These messages were under way when the round ended.
    uploading.send({ type: "reportChunk", data: payload.subarray(4, 8) });
    uploading.send({ type: "reportChunk", data: payload.subarray(8) });
    late.send({ type: "configured", roundId: second.roundId });
    late.begin(second);
    // The retry window is the one that the client was given with the outcome.
    expect((await late.expect("reportResult")).refused).toMatchObject({
      code: "ROUND_CLOSED",
      retryAfterMs: nextCheckInMs,
    });
    late.send({
      type: "withdraw",
      roundId: second.roundId,
      code: "TRAINING_FAILED",
      message: "late",
    });
    await Promise.all([uploading.roundTrip(), late.roundTrip()]);
    expect(world.failures).toEqual([]);
  });

  it("lets a client withdraw and come back", async () => {
    const world = await startGateway();
    const task = await world.startTask({ round: ONE });
    const client = await world.greet();
    const { roundId } = await client.joinRound();
    client.send({ type: "withdraw", roundId, code: "PLAN_REFUSED", message: "too large" });
    client.checkIn();
    const { retryAfterMs } = await client.expect("rejection");
    expect(retryAfterMs).toBeGreaterThanOrEqual(1_000);
    world.clock.advance(retryAfterMs);
    expect((await client.takePart()).outcome).toHaveProperty("committed");
    const rounds = await world.rounds(task);
    expect(rounds.map(({ outcome, droppedOut }) => [outcome, droppedOut]).sort()).toEqual([
      ["abandoned", 1],
      ["committed", 0],
    ]);
  });
});

describe("the gateway", () => {
  it("refuses an upgrade without its subprotocol with 400", async () => {
    const world = await startGateway();
    for (const protocols of [[], ["tributary.v2"], ["mqtt", "tributary.v10"]]) {
      await expect(world.connect({ protocols })).rejects.toThrow("HTTP 400");
    }
    expect(world.gateway.connectionCount).toBe(0);
    const client = await world.connect({ protocols: ["mqtt", "tributary.v1"] });
    expect(client.socket.protocol).toBe("tributary.v1");
  });

  it("answers plain HTTP with 426, which every page may read", async () => {
    const world = await startGateway();
    const response = await fetch(world.url.replace("ws:", "http:"));
    expect(response.status).toBe(426);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(await response.text()).toContain("WebSocket");
  });

  it("refuses one connection too many with 503 and admits the next once there is room", async () => {
    const world = await startGateway({ limits: { maxConnections: 2 } });
    const first = await world.connect();
    await world.connect();
    await expect(world.connect()).rejects.toThrow("HTTP 503");
    await first.close();
    await eventually("there is room", () => world.gateway.connectionCount === 1);
    await world.greet();
  });

  it("cuts a client that has not greeted in time, whatever it sends until then", async () => {
    const world = await startGateway({ limits: { handshakeTimeoutMs: 5_000 } });
    const silent = await world.connect();
    const shaken = await world.connect();
    await shaken.shakeHands();
    world.clock.advance(4_999);
    silent.socket.ping();
    const greeted = await world.greet();
    world.clock.advance(1);
    expect(await silent.closed).toBe(4408);
    expect(await shaken.closed).toBe(4408);
    // For the client that has greeted, the deadline no longer applies.
    world.clock.advance(5_000);
    await greeted.roundTrip();
    expect(world.failures).toEqual(["TIMED_OUT", "TIMED_OUT"]);
  });

  it("cuts a client that neither answers a probe nor sends anything else", async () => {
    const world = await startGateway({ limits: { heartbeatIntervalMs: 60_000 } });
    const probed = async (client: WireClient): Promise<void> => {
      const ping = new Promise((resolve) => client.socket.once("ping", resolve));
      await ping;
    };
    const answering = await world.greet();
    const mute = await world.greet({ autoPong: false });
    // While a client uploads, its answer to a probe waits behind what it sends.
    const busy = await world.greet({ autoPong: false });
    const all = [answering, mute, busy];
    let pings = Promise.all(all.map(probed));
    world.clock.advance(60_000);
    await pings;
    await answering.roundTrip();
    await busy.roundTrip();
    pings = Promise.all([answering, busy].map(probed));
    world.clock.advance(60_000);
    expect(await mute.closed).toBe(4408);
    await pings;
    await answering.roundTrip();
    world.clock.advance(60_000);
    expect(await busy.closed).toBe(4408);
    await answering.roundTrip();
    expect(world.gateway.connectionCount).toBe(1);
  });

  it("tells all clients that the server stops, and closes although some do not answer", async () => {
    const world = await startGateway();
    await world.startTask({ round: { ...ONE, goalCount: 9 } });
    const waiting = await world.greet();
    waiting.checkIn();
    await waiting.expect("checkInAccepted");
    const idle = await world.greet();
    const unshaken = await world.connect();
    // No connection may hold the server up, neither by silence nor by half a request.
    const { port } = new URL(world.url);
    const strangers = ["", "GET / HTTP/1.1\r\nhost: x\r\n"].map((text) => {
      const socket = connectTcp(Number(port), "127.0.0.1");
      socket.on("error", () => {});
      socket.write(text);
      return new Promise((resolve) => {
        socket.once("close", resolve);
        socket.resume();
      });
    });
    const deaf = await world.greet();
    deaf.socket.pause();
    await world.gateway.close();
    for (const client of [waiting, idle]) {
      expect(await client.expect("failure")).toMatchObject({ code: "SERVER_STOPPING" });
      expect(await client.closed).toBe(4503);
    }
    expect(await unshaken.closed).toBe(4503);
    await Promise.all(strangers);
    await eventually("nobody is connected", () => world.gateway.connectionCount === 0);
    deaf.socket.terminate();
  });

  it("names the port that is in use", async () => {
    const world = await startGateway();
    const { Gateway } = await import("../src/gateway/gateway.ts");
    const other = new Gateway(
      { host: "127.0.0.1", port: Number(new URL(world.url).port) },
      {
        host: world.coordinator,
        doorkeeper: world.enrolment,
        crypto: world.crypto,
        random: world.random,
        secrets: world.secrets,
        clock: world.clock,
        limits: world.limits,
        logger: { debug() {}, info() {}, warn() {}, error() {} },
        events: noEvents,
      },
    );
    await expect(other.start()).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });

  it("does not reveal internal errors to clients", async () => {
    const world = await startGateway({
      host: {
        checkIn() {
          throw new Error("the pool at /srv/secret/pool is gone");
        },
        resume() {},
        async newestModel() {
          throw new TributaryError(
            "STORAGE_UNAVAILABLE",
            "The database postgres://admin@10.0.0.7/prod does not answer",
          );
        },
      },
    });
    const client = await world.greet();
    client.send({ type: "modelRequest", population: "writers", heldArtifacts: [] });
    const failure = await client.expect("failure");
    expect(failure.code).toBe("STORAGE_UNAVAILABLE");
    expect(failure.message).not.toContain("10.0.0.7");
    client.checkIn();
    const rejection = await client.expect("rejection");
    expect(rejection.code).toBe("INTERNAL");
    expect(rejection.message).not.toContain("secret");
    // Whatever the error is, the client is told to come back later and not at once.
    expect(rejection.retryAfterMs).toBeGreaterThan(0);
  });
});

describe("the server's key", () => {
  it("must be known to a client, whose handshake for another key is refused", async () => {
    const world = await startGateway();
    const crypto = createNodeCryptoProvider();
    const wrong = serverKeyOf(crypto, generateServerSecrets(seededRandom(crypto, 99)));
    const client = await world.connect({ serverKey: wrong });
    await expect(client.shakeHands()).rejects.toThrow("closed");
    expect(await client.closed).toBe(4401);
    expect(world.failures).toEqual(["HANDSHAKE_FAILED"]);
  });
});
