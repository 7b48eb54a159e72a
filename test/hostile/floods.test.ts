import { expect, it } from "vitest";
import { DEFAULT_LIMITS } from "@tributary/protocol";
import { openWorld } from "./support/hostile-world.ts";

it("a client that sends requests without a pause is disconnected with RATE_LIMITED", async () => {
  const world = await openWorld();
  const client = await world.greet();
  for (let request = 0; request <= DEFAULT_LIMITS.requestBurst + 8; request++) {
    client.send({ type: "modelRequest", population: "nobody", heldArtifacts: [] });
    const answer = await client.expect("failure");
    if (answer.code === "RATE_LIMITED") break;
  }
  expect(await client.closed).toBe(4430);
  await world.honestRounds(2);
});

it("a client that sends pings without end is disconnected", async () => {
  const world = await openWorld();
  const client = await world.greet();
  for (let probe = 0; probe < 1_000; probe++) client.socket.ping();
  expect(await client.closed).toBe(1006);
  expect(await world.metric('tributary_connections_cut_total{reason="probes"}')).toBe(1);
  await world.honestRounds(2);
});

it("an address that opens connection after connection is refused, and its older connections stay", async () => {
  const world = await openWorld({
    limits: { connectionBurstPerAddress: 30, connectionsPerSecondPerAddress: 1 },
  });
  await world.honestRounds(1); // The honest clients are connected now.
  let refused = 0;
  for (let visit = 0; visit < 60; visit++) {
    try {
      (await world.connect()).socket.terminate();
    } catch {
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(20);
  await world.honestRounds(2);
});
