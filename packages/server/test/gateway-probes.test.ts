import { DEFAULT_LIMITS, PROTOCOL_CONSTANTS } from "@tributary/protocol";
import { ManualClock } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import { RequestBudget } from "../src/gateway/request-budget.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { EventFeed } from "../src/telemetry/event-feed.ts";
import { startGateway } from "./gateway-world.ts";

describe("a probe", () => {
  it("is answered in every state, in the order in which it came", async () => {
    const world = await startGateway();
    await world.startTask({ round: { goalCount: 1, minimumFraction: 1, overselection: 1 } });
    const client = await world.greet();
    client.send({ type: "probe", sentBytes: 1 });
    expect(await client.expect("probeAnswer")).toEqual({ type: "probeAnswer", sentBytes: 1 });
    const configuration = await client.joinRound();
    client.configured(configuration);
    client.send({ type: "probe", sentBytes: 2 });
    expect((await client.expect("probeAnswer")).sentBytes).toBe(2);
    const payload = client.begin(configuration);
    await client.expect("reportGrant");
    client.send({ type: "reportChunk", data: payload.subarray(0, 7) });
    client.send({ type: "probe", sentBytes: 7 });
    client.send({ type: "reportChunk", data: payload.subarray(7) });
    expect((await client.expect("probeAnswer")).sentBytes).toBe(7);
    expect((await client.expect("reportResult")).refused).toBeUndefined();
  });

  it("is not a way to keep the server busy: too many end the session", async () => {
    const world = await startGateway();
    const client = await world.greet();
    for (let probe = 0; probe <= DEFAULT_LIMITS.requestBurst; probe++) {
      client.send({ type: "probe", sentBytes: 0 });
    }
    expect(await client.closed).toBe(4430);
    expect(world.rateLimited).toEqual(["session"]);
  });

  it("costs nothing after enough bytes of a report, once", () => {
    const { reportChunkBytes } = PROTOCOL_CONSTANTS;
    const events = new EventFeed(silentLogger);
    const limits = { ...DEFAULT_LIMITS, requestBurst: 1 };
    const visitor = { takeRequest: () => true, giveRequestBack: () => {} };
    const budget = new RequestBudget({ clock: new ManualClock(), limits, events }, visitor);
    for (let probe = 0; probe < 100; probe++) {
      budget.uploaded(reportChunkBytes - 1);
      budget.uploaded(1);
      budget.takeProbe();
    }
    budget.takeProbe();
    budget.uploaded(reportChunkBytes - 1);
    expect(() => budget.takeProbe()).toThrow("Too many probes");
  });
});

describe("a greeting", () => {
  it("tells the server's time of day, and that probes are answered", async () => {
    const world = await startGateway();
    const client = await world.connect();
    await client.shakeHands();
    client.send({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "test" });
    const { answersProbes, time } = await client.expect("welcome");
    expect({ answersProbes, time }).toEqual({ answersProbes: true, time: world.clock.now() });
  });
});

describe("a check-in", () => {
  it("is told how many wait", async () => {
    const world = await startGateway();
    await world.startTask({ round: { goalCount: 10 } });
    for (const waiting of [1, 2, 3]) {
      const client = await world.greet();
      client.checkIn();
      expect(await client.expect("checkInAccepted")).toEqual({ type: "checkInAccepted", waiting });
    }
  });
});
