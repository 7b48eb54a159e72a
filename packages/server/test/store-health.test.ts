import { describe, expect, it } from "vitest";
import { TributaryError } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { ManualClock } from "@tributary/protocol/testing";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { Storage } from "../src/storage/storage.ts";
import { StoreHealth } from "../src/telemetry/store-health.ts";
import { at, startAdmin } from "./admin-harness.ts";

const crypto = createNodeCryptoProvider();
const full = () =>
  Promise.reject(
    new TributaryError("STORAGE_UNAVAILABLE", "There is no space left", { remedy: "Free some." }),
  );

/** A store in memory, whose write probes are counted and may be replaced. */
function watchedStore(
  probes: { database?: () => Promise<void>; files?: () => Promise<void> } = {},
) {
  const storage = openMemoryStore({ crypto });
  const calls: string[] = [];
  const { rounds, checkpoints } = storage;
  const well = async (): Promise<void> => {};
  rounds.probeWrite = () => (calls.push("database"), (probes.database ?? well)());
  checkpoints.probeWrite = () => (calls.push("files"), (probes.files ?? well)());
  const clock = new ManualClock(0);
  return { storage, calls, clock, health: new StoreHealth(storage, clock) };
}

describe("the health of the store", () => {
  it.each([
    ["write-database", { database: full }],
    ["write-checkpoints", { files: full }],
  ] as const)("names the check %s when it has failed", async (check, probes) => {
    const { health } = watchedStore(probes);
    await expect(health.check()).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: "There is no space left. Free some.",
      context: { check },
    });
  });

  it("writes once in ten seconds, however often it is asked", async () => {
    const { health, calls, clock } = watchedStore();
    await Promise.all(Array.from({ length: 50 }, () => health.check()));
    clock.advance(9_999);
    await health.check();
    expect(calls).toEqual(["database", "files"]);
    clock.advance(1);
    await health.check();
    expect(calls.length).toBe(4);
  });

  it("fails when the store has not answered for five seconds", async () => {
    const { health, clock } = watchedStore({ database: () => new Promise(() => {}) });
    const failure = health.check().catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve)); // the database has been asked to write
    clock.advance(5_000);
    expect(await failure).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      context: { check: "write-database" },
    });
    expect(clock.pendingCount).toBe(0);
  });

  it("is told by /readyz and by the metrics", async () => {
    const admin = await startAdmin({ storage: broken() });
    const answer = await admin.ask("GET", "/readyz");
    expect(answer.status).toBe(503);
    expect(at(answer.json, "error", "context", "check")).toBe("write-checkpoints");
    const metrics = (await admin.ask("GET", "/metrics")).text;
    expect(metrics).toContain("\ntributary_store_up 0\n");
    expect(metrics).toContain("\ntributary_store_size_bytes 0\n");
    // Nobody knows how much a store in memory could still hold.
    expect(metrics).not.toMatch(/^tributary_store_free_bytes /m);
  });
});

const broken = (): Storage => watchedStore({ files: full }).storage;
