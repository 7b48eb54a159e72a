import { readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { openPostgresStore, openStorage } from "../src/open-storage.ts";
import type { Storage } from "../src/storage/storage.ts";
import { migrate } from "../src/storage/postgres/migrate.ts";
import { MIGRATIONS } from "../src/storage/postgres/migrations.generated.ts";
import { openNodePostgres } from "../src/storage/postgres/node-postgres.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { accessStoreCases, checkpointStoreCases, roundStoreCases } from "../src/testing/index.ts";
import { RecordMaker } from "../src/testing/storage-records.ts";
import { startCutProxy, type CutProxy } from "./cut-proxy.ts";
import { freePort, startPostgres, type PostgresServer } from "./postgres-server.ts";

const crypto = createNodeCryptoProvider();
const OPERATIONS = new URL("../../../docs/operations.md", import.meta.url);
const newMaker = (seed: number): RecordMaker => new RecordMaker(crypto, seededRandom(crypto, seed));

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

/** Creates an empty database, which is dropped when the test has ended. */
async function testDatabase(): Promise<string> {
  const url = await server.createDatabase();
  onTestFinished(() => server.dropDatabase(url));
  return url;
}

/** Opens a store, which is closed when the test has ended. */
async function testStore(
  url: string,
  options: { readonly queryTimeoutMs?: number } = {},
): Promise<Storage> {
  const storage = await openPostgresStore({ url, crypto, ...options });
  onTestFinished(() => storage.close());
  return storage;
}

function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

describe("the round store in Postgres", () => {
  for (const { name, run } of roundStoreCases(async () => {
    const url = await server.createDatabase();
    let storage = await openPostgresStore({ url, crypto });
    return {
      storage,
      reopen: async () => {
        await storage.close();
        storage = await openPostgresStore({ url, crypto });
        return storage;
      },
      dispose: async () => {
        await storage.close();
        await server.dropDatabase(url);
      },
    };
  })) {
    it(name, run);
  }
});

describe("the access store in Postgres", () => {
  for (const { name, run } of accessStoreCases(async () => {
    const url = await server.createDatabase();
    let storage = await openPostgresStore({ url, crypto });
    return {
      store: storage.access,
      reopen: async () => {
        await storage.close();
        storage = await openPostgresStore({ url, crypto });
        return storage.access;
      },
      dispose: async () => {
        await storage.close();
        await server.dropDatabase(url);
      },
    };
  })) {
    it(name, run);
  }

  it("refuses every user who tries to change, delete or truncate rows of the audit table", async () => {
    const url = await testDatabase();
    const { access } = await testStore(url);
    const change = { atMs: 1, actor: "root", operation: "pauseTask", target: "/", note: "" };
    await access.addAudit({ ...change, error: null });
    for (const statement of [
      "update tributary.audit set actor = 'nobody'",
      "delete from tributary.audit",
      "truncate tributary.audit",
      "truncate tributary.audit, tributary.devices cascade",
    ]) {
      await expect(server.query(statement, nameOf(url))).rejects.toThrow(/never changed/);
    }
    expect((await access.audit(5)).map(({ actor }) => actor)).toEqual(["root"]);
  });

  it("works for a role that owns no table, and can then neither empty the audit table nor lift its triggers", async () => {
    const url = await testDatabase();
    await (await openPostgresStore({ url, crypto })).close(); // the owner has made the tables
    const role = `serving_${nameOf(url)}`;
    const grants = readFileSync(OPERATIONS, "utf8")
      .match(/^```sql\n(create role serving[\s\S]*?)^```/m)?.[1]
      ?.replaceAll("serving", role);
    await server.query(grants ?? "", nameOf(url));
    onTestFinished(async () => {
      await server.query(`drop owned by ${role}; drop role ${role}`, nameOf(url));
    });
    const serving = new URL(url);
    [serving.username, serving.password] = [role, "secret"];
    const { access, rounds } = await testStore(serving.href);
    const change = { atMs: 1, actor: "root", operation: "pauseTask", target: "/", note: "" };
    await access.addAudit({ ...change, error: null });
    expect(await rounds.tasks()).toEqual([]);

    const client = new pg.Client({ connectionString: serving.href });
    await client.connect();
    onTestFinished(() => client.end());
    for (const statement of [
      "update tributary.audit set actor = 'nobody'",
      "delete from tributary.audit",
      "truncate tributary.audit",
      "drop trigger audit_not_emptied on tributary.audit",
      "alter table tributary.audit disable trigger all",
      "drop table tributary.audit",
      "drop function tributary.refuse_change cascade",
    ]) {
      await expect(client.query(statement)).rejects.toThrow(/permission denied|must be owner/);
    }
    expect(await access.audit(5)).toHaveLength(1);
  });
});

describe("the checkpoint store in Postgres", () => {
  for (const { name, run } of checkpointStoreCases(async () => {
    const url = await server.createDatabase();
    let storage = await openPostgresStore({ url, crypto });
    return {
      store: storage.checkpoints,
      corrupt: async () => {
        await server.query(
          "update tributary.checkpoint_chunks set bytes = set_bit(bytes, 5, 1 - get_bit(bytes, 5)) where index = 1",
          nameOf(url),
        );
      },
      reopen: async () => {
        await storage.close();
        storage = await openPostgresStore({ url, crypto });
        return storage.checkpoints;
      },
      dispose: async () => {
        await storage.close();
        await server.dropDatabase(url);
      },
    };
  })) {
    it(name, run);
  }

  it("reports a checkpoint as corrupt when one of its rows is missing", async () => {
    const url = await testDatabase();
    const { checkpoints } = await testStore(url);
    const { id, bytes } = newMaker(1).content(1_048_577);
    await checkpoints.put(id, bytes);
    await server.query("delete from tributary.checkpoint_chunks where index = 1", nameOf(url));
    await expect(checkpoints.get(id)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT" });
  });
});

describe("opening a store in Postgres", () => {
  const unavailable = (cause: RegExp, remedy: RegExp): object => ({
    code: "STORAGE_UNAVAILABLE",
    message: expect.stringMatching(cause),
    remedy: expect.stringMatching(remedy),
  });

  it.each([
    "",
    "tributary",
    "mysql://user:secret@127.0.0.1/db",
    "postgres://user:secret%zz@127.0.0.1/db",
    "postgres://user:sec ret@127.0.0.1:port/db",
  ])("refuses %j as a URL without repeating a password", async (url) => {
    const error = await openPostgresStore({ url, crypto }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(unavailable(/DATABASE_URL is not/, /postgres:\/\/user:password@/));
    expect(String(error) + JSON.stringify(error)).not.toMatch(/secret|sec ret/);
  });

  it("says that nothing listens there", async () => {
    const url = `postgres://user:secret@127.0.0.1:${await freePort()}/db`;
    const error = await openPostgresStore({ url, crypto }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(
      unavailable(/^Postgres at 127.*refuses connections/, /Start the database/),
    );
    expect(String(error)).not.toContain("secret");
    // The host has two addresses, and both refuse. Node then throws an error without a message.
    const both = url.replace("127.0.0.1", "localhost");
    await expect(openPostgresStore({ url: both, crypto })).rejects.toMatchObject(
      unavailable(/ECONNREFUSED/, /Start the database/),
    );
  });

  it("says that the host is not known", async () => {
    const url = "postgres://user:secret@no-such-host.invalid/db";
    await expect(openPostgresStore({ url, crypto })).rejects.toMatchObject(
      unavailable(/whose name is not known/, /Correct the host/),
    );
  });

  it("says that user or password are wrong", async ({ skip }) => {
    await server.query("drop role if exists tributary_test_locked");
    await server.query("create role tributary_test_locked login password 'right'");
    onTestFinished(async () => void (await server.query("drop role tributary_test_locked")));
    const url = changed(server.url, (copy) => {
      copy.username = "tributary_test_locked";
      copy.password = "wrongsecret";
    });
    const error = await openPostgresStore({ url, crypto }).then(
      (storage) => storage.close(),
      (thrown: unknown) => thrown,
    );
    skip(error === undefined, "DATABASE_URL names a server that lets everyone in");
    expect(error).toMatchObject(unavailable(/does not accept the user or the password/, /pg_hba/));
    expect(String(error)).not.toContain("wrongsecret");
  });

  it("says that the database does not exist", async () => {
    const url = changed(server.url, (copy) => (copy.pathname = "/tributary_test_nowhere"));
    await expect(openPostgresStore({ url, crypto })).rejects.toMatchObject(
      unavailable(/tributary_test_nowhere does not exist/, /Create the database/),
    );
  });

  it("says which rights are missing, and works with only the rights that it needs", async () => {
    const url = await testDatabase();
    await server.query("drop role if exists tributary_test_limited");
    await server.query("create role tributary_test_limited login password 'limited'");
    onTestFinished(async () => {
      await server.query("drop owned by tributary_test_limited", nameOf(url));
      await server.query("drop role tributary_test_limited");
    });
    const limited = changed(url, (copy) => {
      copy.username = "tributary_test_limited";
      copy.password = "limited";
    });
    const missing = unavailable(
      /does not give this user the rights/,
      /Grant CREATE on the database/,
    );
    await expect(openPostgresStore({ url: limited, crypto })).rejects.toMatchObject(missing);

    await (await openPostgresStore({ url, crypto })).close();
    await expect(openPostgresStore({ url: limited, crypto })).rejects.toMatchObject(missing);

    for (const grant of [
      "grant usage on schema tributary to tributary_test_limited",
      "grant select, insert, update on all tables in schema tributary to tributary_test_limited",
    ]) {
      await server.query(grant, nameOf(url));
    }
    const storage = await openPostgresStore({ url: limited, crypto });
    const make = newMaker(2);
    const { task, bytes } = make.task();
    await storage.rounds.createTask(task, bytes);
    const { round, checkpoint } = make.committed(task, 1);
    await storage.rounds.commit({ round, checkpoint });
    expect(await storage.rounds.setTaskState(task.id, ["created"], "running")).toBe(true);
    await storage.rounds.probeWrite();
    await storage.checkpoints.probeWrite();
    expect((await storage.usage()).bytes).toBeGreaterThan(1_000_000);
    await storage.close();
  });

  it("is what a database URL selects", async () => {
    const databaseUrl = await testDatabase();
    const storage = await openStorage({ storeDir: "/nowhere", databaseUrl, crypto });
    await storage.rounds.ping();
    await storage.close();
  });
});

describe("a probe that writes", () => {
  it.each([
    [
      "the database is read-only",
      "set default_transaction_read_only = on",
      ({ rounds }: Storage) => rounds.probeWrite(),
      /is read-only/,
    ],
    [
      // The limit stands in for a full disk: both stop the database when it writes to its disk.
      "the database cannot use its disk",
      "set temp_file_limit = '100kB'",
      ({ checkpoints }: Storage) => checkpoints.probeWrite(),
      /temp_file_limit/,
    ],
  ])("fails when %s, although the database answers", async (_, setting, probe, problem) => {
    const url = await testDatabase();
    const before = await openPostgresStore({ url, crypto });
    await probe(before);
    await before.close();
    await server.query(`alter database ${nameOf(url)} ${setting}`);
    const storage = await openPostgresStore({ url, crypto });
    await storage.rounds.ping();
    await expect(probe(storage)).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(problem),
    });
    await storage.close();
  });
});

describe("migrations in Postgres", () => {
  it("are applied once when several servers start at once on an empty database", async () => {
    const url = await testDatabase();
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openPostgresStore({ url, crypto })),
    );
    for (const { rounds } of stores) expect(await rounds.tasks()).toEqual([]);
    await Promise.all(stores.map((store) => store.close()));
    expect(await server.query("select name from tributary.migrations", nameOf(url))).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
  });

  it("leave nothing behind when one of them fails", async () => {
    const url = await testDatabase();
    const database = await openNodePostgres(url, () => undefined);
    const first = { name: "0", sql: "create table tributary.a (x int);--> statement-breakpoint\n" };
    await expect(migrate(database, [first, { name: "1", sql: "create tabel b" }])).rejects.toThrow(
      "create tabel",
    );
    const found = await database.db
      .select({ name: sql`to_regnamespace('tributary')` })
      .from(sql`(select 1) as one`);
    expect(found).toEqual([{ name: null }]);
    await migrate(database, [first]);
    await migrate(database, [first, { name: "1", sql: "create table tributary.b (x int)" }]);
    await database.close();
    expect(await server.query("select name from tributary.migrations", nameOf(url))).toEqual([
      { name: "0" },
      { name: "1" },
    ]);
  });

  it("of a newer version are left alone", async () => {
    const url = await testDatabase();
    await (await openPostgresStore({ url, crypto })).close();
    await server.query("insert into tributary.migrations values ('9999_later')", nameOf(url));
    await expect(openPostgresStore({ url, crypto })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("newer version of the server (9999_later)"),
    });
  });
});

describe("a store whose Postgres goes away", () => {
  async function proxied(
    options: { readonly queryTimeoutMs?: number } = {},
  ): Promise<{ proxy: CutProxy; storage: Storage; url: string }> {
    const url = await testDatabase();
    const { hostname, port } = new URL(url);
    const proxy = await startCutProxy({ host: hostname, port: Number(port || "5432") });
    const storage = await testStore(
      changed(url, (copy) => {
        copy.hostname = "127.0.0.1";
        copy.port = String(proxy.port);
      }),
      options,
    );
    onTestFinished(() => proxy.close());
    return { proxy, storage, url };
  }

  it("survives the loss of idle connections and says so in the log", async () => {
    const url = await testDatabase();
    const lost = new Promise<string>((resolve) => {
      const logger = { ...silentLogger, warn: (event: string) => resolve(event) };
      void openPostgresStore({ url, crypto, logger }).then(async (storage) => {
        onTestFinished(() => storage.close());
        await storage.rounds.ping();
        await server.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${nameOf(url)}'`,
        );
      });
    });
    expect(await lost).toBe("database connection lost");
  });

  it("answers with STORAGE_UNAVAILABLE, and goes on when Postgres is back", async () => {
    const { proxy, storage } = await proxied();
    const make = newMaker(3);
    const { task, bytes } = make.task();
    const { round, checkpoint } = make.committed(task, 1);
    await storage.rounds.createTask(task, bytes);
    // More connections are lost than the pool has. No query may wait for one that never comes back.
    for (let turn = 0; turn < 7; turn++) {
      await proxy.close();
      await proxy.reopen();
      await storage.rounds.commit({ round: make.abandoned(task, 1) });
    }
    await proxy.close();
    const unavailable = { code: "STORAGE_UNAVAILABLE", retryable: true };
    await expect(storage.rounds.commit({ round, checkpoint })).rejects.toMatchObject(unavailable);
    await expect(storage.rounds.ping()).rejects.toMatchObject(unavailable);
    await expect(storage.checkpoints.get(task.initialCheckpoint)).rejects.toMatchObject(
      unavailable,
    );
    await proxy.reopen();
    await storage.rounds.commit({ round, checkpoint });
    expect(await storage.rounds.rounds(task.id)).toHaveLength(8);
  });

  it(
    "answers with STORAGE_UNAVAILABLE when Postgres is silent for too long, and goes on afterwards",
    { timeout: 60_000 },
    async () => {
      const { proxy, storage } = await proxied({ queryTimeoutMs: 1_000 });
      const make = newMaker(7);
      const { task, bytes } = make.task();
      await storage.rounds.createTask(task, bytes);
      const { round, checkpoint } = make.committed(task, 1);
      proxy.freeze();
      const unavailable = { code: "STORAGE_UNAVAILABLE", retryable: true };
      await Promise.all([
        expect(storage.rounds.ping()).rejects.toMatchObject(unavailable),
        expect(storage.rounds.commit({ round, checkpoint })).rejects.toMatchObject(unavailable),
      ]);
      proxy.thaw();
      await storage.rounds.commit({ round, checkpoint });
      expect(await storage.rounds.rounds(task.id)).toEqual([round]);
    },
  );

  it("neither loses nor duplicates a round when the answer to its commit is lost", async () => {
    const { proxy, storage } = await proxied();
    const make = newMaker(4);
    const { task, bytes } = make.task();
    await storage.rounds.createTask(task, bytes);
    const { round, checkpoint } = make.committed(task, 1, make.content(1_500_000));
    const cut = proxy.loseAnswerTo("commit\0");
    await storage.rounds.commit({ round, checkpoint });
    await cut;
    expect(await storage.rounds.rounds(task.id)).toEqual([round]);
    expect(await storage.rounds.checkpoints(task.id)).toHaveLength(2);
    expect(await storage.checkpoints.get(checkpoint.record.id)).toHaveLength(1_500_000);
  });

  it("commits a round whose connection is cut in the middle of the transaction", async () => {
    const { proxy, storage } = await proxied();
    const make = newMaker(5);
    const { task, bytes } = make.task();
    await storage.rounds.createTask(task, bytes);
    const { round, checkpoint } = make.committed(task, 1, make.content(2_500_000));
    const cut = proxy.loseAnswerTo('insert into "tributary"."checkpoint_contents"');
    await storage.rounds.commit({ round, checkpoint });
    await cut;
    expect(await storage.rounds.rounds(task.id)).toEqual([round]);
    expect(await storage.checkpoints.get(checkpoint.record.id)).toHaveLength(2_500_000);
  });

  it("never puts the bytes of a checkpoint into an error", async () => {
    const url = await testDatabase();
    const { rounds } = await testStore(url);
    const make = newMaker(6);
    const { task, bytes } = make.task();
    await rounds.createTask(task, bytes);
    await server.query("drop table tributary.checkpoint_chunks", nameOf(url));
    const { round, checkpoint } = make.committed(task, 1);
    const error = await rounds.commit({ round, checkpoint }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("lacks a table"),
    });
    const cause = error instanceof Error ? error.cause : undefined;
    for (const text of [String(error), String(cause), JSON.stringify(cause)]) {
      expect(text.length).toBeLessThan(1_000);
    }
    expect(await rounds.rounds(task.id)).toEqual([]);
  });
});
