// Tests who may work on a database: the lease, what it keeps out, and servers that hold or lose it.
import { TributaryError, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { ManualClock } from "@tributary/protocol/testing";
import { exampleTask } from "@tributary/core/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";

import { openPostgresStore } from "../src/open-storage.ts";
import { silentLogger, type Logger } from "../src/runtime/logger.ts";
import { startServer, type ServerDeps, type TributaryServer } from "../src/server.ts";
import type { Lease, LeaseHolder } from "../src/storage/lease.ts";
import { takeLease, type LeaseOptions } from "../src/storage/lease-keeper.ts";
import { MemoryLease, MemoryLeaseRow } from "../src/storage/memory-lease.ts";
import type { Storage } from "../src/storage/storage.ts";
import { leaseCases } from "../src/testing/index.ts";
import { RecordMaker } from "../src/testing/storage-records.ts";
import { INITIAL, MODEL, quiet } from "./coordinator-world.ts";
import { startCutProxy } from "./cut-proxy.ts";
import { startPostgres, type PostgresServer } from "./postgres-server.ts";
import { testFolder } from "./temporary-folder.ts";

const crypto = createNodeCryptoProvider();
/** The default of `leaseMs`. */
const LEASE_MS = 15_000;
const ELSEWHERE: LeaseHolder = { host: "elsewhere", pid: 7, place: "another boot", started: "1" };

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const expire = async (url: string): Promise<void> => {
  const database = new URL(url).pathname.slice(1);
  await postgres.query("update tributary.leases set expires_at = 'epoch'", database);
};

async function testDatabase(): Promise<string> {
  const url = await postgres.createDatabase();
  onTestFinished(() => postgres.dropDatabase(url));
  return url;
}

async function openStore(url: string): Promise<Storage & { readonly lease: Lease }> {
  const storage = await openPostgresStore({ url, crypto, queryTimeoutMs: 2_000 });
  onTestFinished(() => storage.close());
  return { ...storage, lease: storage.lease! };
}

describe("the lease of a Postgres database", () => {
  for (const { name, run } of leaseCases(async () => {
    const url = await postgres.createDatabase();
    const stores = [
      await openPostgresStore({ url, crypto }),
      await openPostgresStore({ url, crypto }),
    ] as const;
    return {
      first: stores[0].lease!,
      second: stores[1].lease!,
      expire: () => expire(url),
      useSecond: () => stores[1].rounds.tasks(),
      dispose: async () => {
        await Promise.all(stores.map((store) => store.close()));
        await postgres.dropDatabase(url);
      },
    };
  })) {
    it(name, run);
  }
});

describe("the lease in memory", () => {
  for (const { name, run } of leaseCases(async () => {
    const clock = new ManualClock(0);
    const row = new MemoryLeaseRow();
    let blocked: TributaryError | undefined;
    return {
      first: new MemoryLease(row, clock, () => {}),
      second: new MemoryLease(row, clock, (error) => (blocked = error)),
      expire: async () => clock.advance(60_000),
      useSecond: async () => {
        if (blocked !== undefined) throw blocked;
      },
      dispose: async () => {},
    };
  })) {
    it(name, run);
  }
});

describe("a store whose lease another server has taken", () => {
  /** Every write that the stores have. */
  const WRITES: Readonly<
    Record<string, (storage: Storage, make: RecordMaker) => Promise<unknown>>
  > = {
    "creates no task": ({ rounds }, make) => {
      const { task, bytes } = make.task();
      return rounds.createTask(task, bytes);
    },
    "moves no task": ({ rounds }, make) =>
      rounds.setTaskState(make.task().task.id, ["created"], "running"),
    "commits no round": ({ rounds }, make) => rounds.commit(make.committed(make.task().task, 1)),
    "records no abandoned round": ({ rounds }, make) =>
      rounds.commit({ round: make.abandoned(make.task().task, 1) }),
    "prunes no participations": ({ rounds }, make) =>
      rounds.pruneParticipations(make.task().task.id, 1, 1),
    "puts no checkpoint": ({ checkpoints }, make) => {
      const { id, bytes } = make.content();
      return checkpoints.put(id, bytes);
    },
    "writes no audit": ({ access }) =>
      access.addAudit({
        ...{ atMs: 1, actor: "root", operation: "pauseTask", target: "/", note: "" },
        error: null,
      }),
    "sets no population": ({ access }) =>
      access.setPopulation({ name: "a", policy: { enrolment: "open" }, updatedAtMs: 1 }),
    "registers no device": ({ access }) =>
      access.addDevice({
        ...{ population: "a", id: "d", publicKey: null, voucher: null, registeredAtMs: 1 },
        revokedAtMs: null,
      }),
    "revokes no device": ({ access }) => access.revokeDevice("a", "d", 1),
    "takes no other identity": ({ identity }) => identity.setServerKey("another"),
  };

  it.each(Object.keys(WRITES))("%s", async (name) => {
    const url = await testDatabase();
    const first = await openStore(url);
    await first.lease.claim(ELSEWHERE, LEASE_MS);
    await expire(url);
    const second = await openStore(url);
    await second.lease.claim(ELSEWHERE, LEASE_MS);
    const make = new RecordMaker(crypto, seededRandom(crypto, 1));
    await expect(WRITES[name]!(first, make)).rejects.toMatchObject({ code: "LEASE_LOST" });
  });

  it("is taken over only after a transaction that has begun before", async () => {
    const url = await testDatabase();
    const first = await openStore(url);
    await first.lease.claim(ELSEWHERE, LEASE_MS);
    const make = new RecordMaker(crypto, seededRandom(crypto, 1));
    const { task, bytes } = make.task();
    await first.rounds.createTask(task, bytes);
    await expire(url);
    const second = await openStore(url);
    const { round, checkpoint } = make.committed(task, 1, make.content(30_000_000));
    const committed = first.rounds.commit({ round, checkpoint }).then(
      () => true,
      () => false,
    );
    const atTakeover = second.lease
      .claim(ELSEWHERE, LEASE_MS)
      .then(() => second.rounds.rounds(task.id));
    // Whichever came first: what the second server reads after its takeover never changes again.
    expect(await atTakeover).toHaveLength((await committed) ? 1 : 0);
    expect(await second.rounds.rounds(task.id)).toEqual(await atTakeover);
  });
});

describe("keeping a lease", () => {
  function keeping(
    changes: Partial<Lease> = {},
  ): Omit<LeaseOptions, "waits"> & { clock: ManualClock; lease: Lease; blocked: unknown[] } {
    const clock = new ManualClock(0);
    const blocked: unknown[] = [];
    const lease = new MemoryLease(new MemoryLeaseRow(), clock, (error) => blocked.push(error));
    for (const [name, method] of Object.entries(changes)) Object.assign(lease, { [name]: method });
    return { clock, lease, blocked, logger: silentLogger, durationMs: LEASE_MS };
  }

  it("renews it for as long as the server runs, and gives it back", async () => {
    const { lease, ...options } = keeping();
    const keeper = await takeLease(lease, { ...options, waits: false });
    for (let second = 0; second < 60; second++) {
      options.clock.advance(1_000);
      await quiet();
    }
    expect(options.blocked).toEqual([]);
    await keeper.release();
    expect(options.clock.pendingCount).toBe(0);
    expect((await lease.claim(ELSEWHERE, LEASE_MS)).taken).toBe(true);
  });

  it.each([
    ["does not answer", () => new Promise<boolean>(() => {})],
    ["fails", () => Promise.reject(new TributaryError("STORAGE_UNAVAILABLE", "It is away"))],
  ])("blocks the store by its own clock when the store %s", async (_what, renew) => {
    const { lease, ...options } = keeping({ renew });
    await takeLease(lease, { ...options, waits: false });
    for (let passed = 0; passed < LEASE_MS - 500; passed += 500) {
      options.clock.advance(500);
      await quiet();
    }
    expect(options.blocked).toEqual([]);
    options.clock.advance(500);
    expect(options.blocked).toMatchObject([{ code: "STORAGE_UNAVAILABLE" }]);
  });

  it("goes on when the store answers again and nobody has taken the lease", async () => {
    let isAway = true;
    const { lease, ...options } = keeping();
    const renew = lease.renew.bind(lease);
    lease.renew = (ms) => (isAway ? Promise.reject(new Error("It is away")) : renew(ms));
    const keeper = await takeLease(lease, { ...options, waits: false });
    for (let second = 0; second < 60; second++) {
      options.clock.advance(1_000);
      await quiet();
    }
    isAway = false;
    options.clock.advance(LEASE_MS);
    await quiet();
    expect(options.blocked).toEqual([
      expect.objectContaining({ code: "STORAGE_UNAVAILABLE" }),
      undefined,
    ]);
    await keeper.release();
  });

  it("is not bothered by steps of the system's clock", async () => {
    const { lease, ...options } = keeping();
    await takeLease(lease, { ...options, waits: false });
    options.clock.step(3_600_000);
    options.clock.advance(LEASE_MS - 1);
    await quiet();
    expect(options.blocked).toEqual([]);
  });

  it("loses it when another server has taken over", async () => {
    const { lease, ...options } = keeping({ renew: async () => false });
    const keeper = await takeLease(lease, { ...options, waits: false });
    options.clock.advance(LEASE_MS / 3);
    expect((await keeper.lost).message).toContain("Another server has taken over the store");
  });
});

describe("a server on a database that another server uses", () => {
  async function start(
    databaseUrl: string,
    options: { readonly dataDir: string; readonly waitForLease?: boolean },
    deps: ServerDeps = {},
  ): Promise<TributaryServer> {
    const settings = { port: 0, adminPort: 0, tls: "none", aggregationThreads: 0 } as const;
    const server = await startServer(
      { ...settings, databaseUrl, ...options },
      { logger: silentLogger, ...deps },
    );
    onTestFinished(() => server.close().catch(() => {}));
    return server;
  }

  it("does not start, and says who uses it", async () => {
    const [databaseUrl, dataDir] = [await testDatabase(), await testFolder()];
    await start(databaseUrl, { dataDir });
    await expect(start(databaseUrl, { dataDir })).rejects.toMatchObject({
      code: "STORAGE_LOCKED",
      message: expect.stringMatching(
        new RegExp(`in use by the server of process ${process.pid} on .*expires in \\d+ s`),
      ),
    });
  });

  it("starts at once when that server has stopped", async () => {
    const [databaseUrl, dataDir] = [await testDatabase(), await testFolder()];
    await (await start(databaseUrl, { dataDir })).close();
    await start(databaseUrl, { dataDir });
  });

  it("waits when it is told to, and goes on with the tasks once the other has stopped", async () => {
    const [databaseUrl, dataDir] = [await testDatabase(), await testFolder()];
    const first = await start(databaseUrl, { dataDir });
    const task = await first.coordinator.createTask(exampleTask(), MODEL, INITIAL);
    await first.coordinator.startTask(task.id);
    const waiting = vi.fn<Logger["info"]>();
    const logger = { ...silentLogger, info: waiting };
    const second = start(databaseUrl, { dataDir, waitForLease: true }, { logger });
    await vi.waitFor(() =>
      expect(waiting).toHaveBeenCalledWith(
        "waiting for another server's lease",
        expect.objectContaining({ pid: process.pid }),
      ),
    );
    await first.close();
    expect(await (await second).coordinator.progress(task)).toMatchObject({ phase: "selecting" });
  });

  it("gives up waiting when it is stopped", async () => {
    const [databaseUrl, dataDir] = [await testDatabase(), await testFolder()];
    await start(databaseUrl, { dataDir });
    const stop = new AbortController();
    const waiting = start(databaseUrl, { dataDir, waitForLease: true }, { signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("ends the other when it takes over, and the other changes nothing any more", async () => {
    const [databaseUrl, dataDir] = [await testDatabase(), await testFolder()];
    const clock = new ManualClock(1_700_000_000_000);
    const first = await start(databaseUrl, { dataDir }, { clock });
    const task = await first.coordinator.createTask(exampleTask(), MODEL, INITIAL);
    await first.coordinator.startTask(task.id);
    await expire(databaseUrl);
    const second = await start(databaseUrl, { dataDir });
    await second.coordinator.cancelTask(task.id);
    await expect(first.coordinator.pauseTask(task.id)).rejects.toMatchObject({
      code: "LEASE_LOST",
    });
    clock.advance(5_000); // the first one renews its lease
    expect(await first.lost).toMatchObject({ code: "LEASE_LOST" });
    await expect(first.storage.rounds.tasks()).rejects.toMatchObject({ code: "LEASE_LOST" });
    await first.close();
    expect(await second.storage.rounds.task(task.id)).toMatchObject({ state: "cancelled" });
  });

  it("takes nothing for true while its database is silent for longer than the lease, and goes on afterwards", async () => {
    const url = new URL(await testDatabase());
    const proxy = await startCutProxy({ host: url.hostname, port: Number(url.port) });
    onTestFinished(() => proxy.close());
    url.port = String(proxy.port);
    const clock = new ManualClock(1_700_000_000_000);
    const storage = await openStore(url.href);
    const server = await startServer(
      { port: 0, adminPort: 0, tls: "none", aggregationThreads: 0, dataDir: await testFolder() },
      { logger: silentLogger, clock, storage },
    );
    onTestFinished(() => server.close());
    proxy.freeze();
    const reading = storage.rounds.tasks();
    clock.advance(LEASE_MS);
    const blocked = { code: "STORAGE_UNAVAILABLE", message: expect.stringContaining("The lease") };
    await expect(reading).rejects.toMatchObject(blocked);
    await expect(storage.rounds.ping()).rejects.toMatchObject(blocked);
    proxy.thaw();
    await vi.waitFor(
      async () => {
        clock.advance(LEASE_MS / 3);
        expect(await storage.rounds.tasks()).toEqual([]);
      },
      { timeout: 15_000, interval: 50 },
    );
  });
});
