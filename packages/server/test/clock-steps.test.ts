// Tests that deadlines and waits do not depend on what the system's clock is set to, and that a store
// which hangs has a limit.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { ManualClock } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";

import { Visitors } from "../src/gateway/visitors.ts";
import { TokenBucket } from "../src/runtime/token-bucket.ts";
import { boundedStorage } from "../src/storage/bounded-storage.ts";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { RoundStore } from "../src/storage/round-store.ts";
import type { Storage } from "../src/storage/storage.ts";
import { makeWorld, quiet, until, type MemoryParticipant } from "./coordinator-world.ts";

const crypto = createNodeCryptoProvider();
const HOUR_MS = 3_600_000;

const report = async (clients: readonly MemoryParticipant[]): Promise<void> => {
  for (const client of clients) client.checkIn();
  await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
  for (const client of clients) client.report();
};

describe.each([HOUR_MS, -HOUR_MS])("a system clock that is set by %d ms", (stepMs) => {
  it("does not move the end of a round's reporting", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: { reportingTimeoutMs: 10_000 } });
    world.checkIn(3);
    await quiet();
    world.clock.step(stepMs);
    world.clock.advance(9_999);
    await quiet();
    expect(await world.rounds(task)).toEqual([]);
    world.clock.advance(1);
    await quiet();
    const [round] = await world.rounds(task);
    expect(round).toMatchObject({ outcome: "abandoned" });
    // The record's dates are those of the clock that the round began with.
    expect(round!.endedAtMs - round!.startedAtMs).toBe(10_000);
  });

  it("does not move the time for a handshake, or the tokens of a rate", () => {
    const clock = new ManualClock(HOUR_MS);
    const visitor = new Visitors(clock, DEFAULT_LIMITS).enter("192.0.2.1", () => {});
    const bucket = new TokenBucket(clock, 1, 1);
    bucket.take();
    clock.step(stepMs);
    clock.advance(999);
    expect(bucket.take()).toBe(false);
    expect(visitor).toMatchObject({ greetWithinMs: DEFAULT_LIMITS.handshakeTimeoutMs - 999 });
    clock.advance(1);
    expect(bucket.take()).toBe(true);
  });

  it("does not move the next attempt after a failure", async () => {
    const storage = openMemoryStore({ crypto });
    let fails = true;
    const world = makeWorld({
      storage: changed(storage, {
        commit: (end) => (fails ? Promise.reject(new Error("away")) : storage.rounds.commit(end)),
      }),
    });
    const task = await world.startTask();
    await report(["a", "b", "c"].map((name) => world.client(name)));
    await quiet();
    fails = false;
    world.clock.step(stepMs);
    world.clock.advance(999);
    await quiet();
    expect(await world.coordinator.progress(task)).toMatchObject({ phase: "idle" });
    world.clock.advance(1);
    await quiet();
    expect(await world.coordinator.progress(task)).toMatchObject({ phase: "selecting" });
  });
});

it("opens a task's first round within a minute when the clock is set past its date", async () => {
  const world = makeWorld();
  const startAt = new Date(world.clock.now() + HOUR_MS).toISOString();
  const task = await world.startTask({ schedule: { startAt } });
  world.clock.step(HOUR_MS);
  expect(await world.coordinator.progress(task)).toMatchObject({ phase: "idle" });
  world.clock.advance(60_000);
  await quiet();
  expect(await world.coordinator.progress(task)).toMatchObject({ phase: "selecting" });
});

describe("a commit whose store hangs", () => {
  it.each(["has stored the round after all", "never stores the round"])(
    "counts as failed after its limit, and does no harm when the store %s",
    async (fate) => {
      const storage = openMemoryStore({ crypto });
      const clock = new ManualClock(1_700_000_000_000);
      const late: (() => Promise<void>)[] = [];
      const hanging = changed(storage, {
        commit: (end) =>
          late.length > 0
            ? storage.rounds.commit(end)
            : new Promise<void>(() => late.push(() => storage.rounds.commit(end))),
      });
      const world = makeWorld({
        clock,
        storage: boundedStorage(hanging, { clock, timeoutMs: 60_000 }),
      });
      const task = await world.startTask();
      const clients = ["a", "b", "c"].map((name) => world.client(name));
      await report(clients);
      await until("the store has the round", () => late.length === 1);
      if (fate === "has stored the round after all") await late[0]!();
      clock.advance(60_000);
      await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 1));
      expect(clients[0]!.outcomes[0]!.outcome).toEqual({ abandoned: "commit-failed" });
      clock.advance(1_000);
      await quiet();
      await report(clients);
      await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 2));
      // An answer that comes even later changes nothing either.
      await late[0]!().catch(() => {});
      const committed = (await world.rounds(task)).filter((round) => round.outcome === "committed");
      expect(committed.map(({ number }) => number)).toEqual(
        fate === "never stores the round" ? [1] : [1, 2],
      );
    },
  );

  it("is no hindrance to readiness, which has the same limit", async () => {
    const clock = new ManualClock(0);
    const storage = changed(openMemoryStore({ crypto }), { ping: () => new Promise(() => {}) });
    const ping = boundedStorage(storage, { clock, timeoutMs: 60_000 }).rounds.ping();
    clock.advance(60_000);
    await expect(ping).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  });
});

/** Where the date is right: schedules, the change of a date into a wait, and certificates. */
const DATES = [
  "notAfterMs - clock.now()",
  "this.#closesAtMs - this.#clock.now()",
  "this.#clock.now() >= this.#closesAtMs",
  "next.untilMs - clock.now()",
];

it.each(["server", "client-sdk"])("no deadline in the sources of %s is a date", async (name) => {
  const folder = join(import.meta.dirname, "..", "..", name, "src");
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".ts"));
  const found: string[] = [];
  for (const file of files) {
    let text = await readFile(join(folder, file), "utf8");
    for (const date of DATES) text = text.replaceAll(date, "");
    // A date that is added to, subtracted from or compared makes a duration or a deadline.
    for (const [match] of text.matchAll(
      /([-+<>]=? [\w.#]*[cC]lock\.now\(\))|([cC]lock\.now\(\) [-+<>])/g,
    )) {
      found.push(`${file}: ${match}`);
    }
  }
  expect(found).toEqual([]);
});

/** A storage some of whose methods of the round store are replaced. */
function changed(storage: Storage, methods: Partial<RoundStore>): Storage {
  const rounds = new Proxy(storage.rounds, {
    get(target, name: keyof RoundStore) {
      const method = methods[name] ?? target[name];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  return { ...storage, rounds };
}
