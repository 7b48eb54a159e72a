// Tests a task on a real Postgres that goes away for more than a minute at the worst moment, while a
// round is being stored.
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";

import { openPostgresStore } from "../src/open-storage.ts";
import { makeWorld, type MemoryParticipant } from "./coordinator-world.ts";
import { startCutProxy } from "./cut-proxy.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";

const crypto = createNodeCryptoProvider();

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

const eventually = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 15_000, interval: 20 });

describe("a task whose database is away for a while", () => {
  it("pauses, tells its clients when to come back, and goes on by itself with nothing lost", async () => {
    const url = new URL(await server.createDatabase());
    onTestFinished(() => server.dropDatabase(url.href));
    const proxy = await startCutProxy({ host: url.hostname, port: Number(url.port) });
    const throughProxy = new URL(url);
    throughProxy.port = String(proxy.port);
    const storage = await openPostgresStore({ url: throughProxy.href, crypto });
    const world = makeWorld({ storage });
    onTestFinished(async () => {
      await world.coordinator.close();
      await storage.close();
      await proxy.close();
    });
    const task = await world.startTask();
    const clients = ["a", "b", "c"].map((name) => world.client(name));
    const run = async (isThere: boolean): Promise<void> => {
      for (const client of clients) client.checkIn();
      await eventually(() => expect(clients.every(({ isSeated }) => isSeated)).toBe(true));
      if (!isThere) await proxy.close();
      const before = clients.map(({ outcomes }) => outcomes.length);
      for (const client of clients) client.report();
      await eventually(() => {
        expect(clients.map(({ outcomes }) => outcomes.length)).toEqual(before.map((n) => n + 1));
      });
    };
    const lastOutcome = ({ outcomes }: MemoryParticipant) => outcomes.at(-1)!;

    await run(true);
    await run(false);
    for (const client of clients) {
      expect(lastOutcome(client)).toMatchObject({ outcome: { abandoned: "commit-failed" } });
      expect(lastOutcome(client).nextCheckInMs).toBeGreaterThanOrEqual(1_000);
    }
    // For more than a minute the server tries to store the round and fails.
    for (const seconds of [1, 2, 4, 8, 16, 32]) {
      await eventually(() => expect(world.clock.pendingCount).toBe(1));
      world.clock.advance(1_000 * seconds);
      await eventually(() => expect(world.clock.pendingCount).toBe(1));
    }
    expect(await world.coordinator.progress(task)).toMatchObject({ phase: "idle" });

    await proxy.reopen();
    world.clock.advance(60_000);
    await eventually(async () => {
      world.clock.advance(60_000);
      expect(await world.coordinator.progress(task)).toMatchObject({ phase: "selecting" });
    });
    await run(true);
    const rounds = await world.rounds(task);
    expect(
      rounds.map(({ number, outcome, reason, reported }) => [number, outcome, reason, reported]),
    ).toEqual([
      [1, "committed", null, 3],
      [2, "abandoned", "commit-failed", 3],
      [2, "committed", null, 3],
    ]);
    expect(await world.weights(task)).toEqual([2.5, 1, 4, 2, 2.25]);
  });
});
