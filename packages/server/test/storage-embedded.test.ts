import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { FileCheckpointStore } from "../src/storage/files.ts";
import { openEmbeddedStore } from "../src/open-storage.ts";
import { DatabaseConnection } from "../src/storage/postgres/database-connection.ts";
import type { OpenDatabase } from "../src/storage/postgres/database.ts";
import { migrate } from "../src/storage/postgres/migrate.ts";
import { openPglite } from "../src/storage/postgres/pglite.ts";
import { PostgresRoundStore } from "../src/storage/postgres/postgres-round-store.ts";
import { checkpointStoreCases, roundStoreCases, type StorePair } from "../src/testing/index.ts";
import { RecordMaker } from "../src/testing/storage-records.ts";
import { makeFolder, testFolder } from "./temporary-folder.ts";

const crypto = createNodeCryptoProvider();
const newMaker = (seed: number): RecordMaker => new RecordMaker(crypto, seededRandom(crypto, seed));

describe("the round store in PGlite and files", () => {
  // It takes seconds to create a database. All cases use the same one, emptied before each.
  let made: Awaited<ReturnType<typeof makeFolder>>;
  let opened: (OpenDatabase & StorePair) | undefined;

  async function open(): Promise<OpenDatabase & StorePair> {
    const database = await openPglite(join(made.folder, "db"));
    await migrate(database);
    const folder = join(made.folder, "checkpoints");
    const checkpoints = await FileCheckpointStore.open({ folder, crypto });
    const connection = new DatabaseConnection(database);
    return {
      ...database,
      close: () => connection.close(),
      rounds: new PostgresRoundStore(connection, crypto, checkpoints),
      checkpoints,
    };
  }

  async function close(): Promise<void> {
    await opened?.close();
    await opened?.checkpoints.close();
    opened = undefined;
  }

  beforeAll(async () => {
    made = await makeFolder();
  });
  afterAll(async () => {
    await close();
    await made?.remove();
  });

  async function openEmpty(): Promise<OpenDatabase & StorePair> {
    await rm(join(made.folder, "checkpoints"), { recursive: true, force: true });
    await opened?.rounds.ping().catch(close);
    opened ??= await open();
    await mkdir(join(made.folder, "checkpoints"), { recursive: true });
    await opened.db.execute(sql`truncate tributary.tasks, tributary.participations cascade`);
    return opened;
  }

  for (const { name, run } of roundStoreCases(async () => ({
    storage: await openEmpty(),
    reopen: async () => {
      await close();
      opened = await open();
      return opened;
    },
    dispose: async () => {},
  }))) {
    it(name, run);
  }

  // Older versions wrote participations before their round was committed, so that some belong to a
  // round that never was.
  it("counts the participations that an older version wrote only when their round was committed", async () => {
    const { db, rounds } = await openEmpty();
    const make = newMaker(8);
    const { task, bytes } = make.task();
    await rounds.createTask(task, bytes);
    await rounds.commit(make.committed(task, 1));
    await rounds.commit({ round: make.abandoned(task, 2) });
    const [first, second] = [make.participations(1, ["a"]), make.participations(2, ["b"])];
    for (const { deviceId, roundNumber, atMs } of [...first, ...second]) {
      await db.execute(
        sql`insert into tributary.participations values (${task.id}, ${deviceId}, ${roundNumber}, ${atMs})`,
      );
    }
    expect(await rounds.participations(task.id)).toEqual(first);
    await rounds.commit({ ...make.committed(task, 2), participations: second });
    expect(await rounds.participations(task.id)).toEqual([...first, ...second]);
  });
});

describe("checkpoint files", () => {
  for (const { name, run } of checkpointStoreCases(async () => {
    const { folder, remove } = await makeFolder();
    let store = await FileCheckpointStore.open({ folder, crypto });
    return {
      store,
      corrupt: async (id) => {
        const path = join(folder, id);
        const bytes = await readFile(path);
        bytes[5] = (bytes[5] ?? 0) ^ 1;
        await writeFile(path, bytes);
      },
      reopen: async () => {
        await store.close();
        store = await FileCheckpointStore.open({ folder, crypto });
        return store;
      },
      dispose: async () => {
        await store.close();
        await remove();
      },
    };
  })) {
    it(name, run);
  }

  it("replaces a damaged file when the checkpoint is put again", async () => {
    const folder = await testFolder();
    const store = await FileCheckpointStore.open({ folder, crypto });
    const { id, bytes } = newMaker(3).content();
    await writeFile(join(folder, id), bytes.subarray(1));
    await expect(store.get(id)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT" });
    await store.put(id, bytes);
    expect(await store.get(id)).toEqual(bytes);
  });

  it("deletes the files that an interrupted put left, and nothing else", async () => {
    const folder = await testFolder();
    const { id } = newMaker(4).content();
    for (const name of [`${id}.0.tmp`, `${id}.17.tmp`, id, "notes.tmp"]) {
      await writeFile(join(folder, name), "");
    }
    await FileCheckpointStore.open({ folder, crypto });
    expect((await readdir(folder)).sort()).toEqual([id, "notes.tmp"].sort());
  });

  it("leaves no temporary file behind", async () => {
    const folder = await testFolder();
    const store = await FileCheckpointStore.open({ folder, crypto });
    const { id, bytes } = newMaker(5).content();
    await Promise.all([store.put(id, bytes), store.put(id, bytes)]);
    expect(await readdir(folder)).toEqual([id]);
  });

  it.each(["../../etc/passwd", "", "ABC", `${"0".repeat(63)}/`])(
    "never uses %j as the name of a file",
    async (name) => {
      const store = await FileCheckpointStore.open({ folder: await testFolder(), crypto });
      // A caller outside of the type system may pass such an id.
      const id = name as Parameters<typeof store.get>[0];
      await expect(store.get(id)).rejects.toMatchObject({ code: "BAD_PARAMETER" });
      await expect(store.has(id)).rejects.toMatchObject({ code: "BAD_PARAMETER" });
    },
  );

  it("says what to do when the folder cannot be made or is taken away", async () => {
    const folder = await testFolder();
    await writeFile(join(folder, "file"), "");
    await expect(
      FileCheckpointStore.open({ folder: join(folder, "file"), crypto }),
    ).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE", remedy: expect.stringMatching(/file/) });
    const store = await FileCheckpointStore.open({ folder: join(folder, "gone"), crypto });
    await rm(join(folder, "gone"), { recursive: true });
    const { id, bytes } = newMaker(6).content();
    await expect(store.put(id, bytes)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  });
});

describe("the embedded store", () => {
  let made: Awaited<ReturnType<typeof makeFolder>>;
  beforeAll(async () => {
    made = await makeFolder();
    await (await openEmbeddedStore({ folder: join(made.folder, "a", "b"), crypto })).close();
  });
  afterAll(() => made?.remove());

  /** Makes a folder with an empty store in it. */
  async function madeFolder(): Promise<string> {
    const folder = await testFolder();
    await cp(join(made.folder, "a", "b"), folder, { recursive: true });
    return folder;
  }

  it("keeps rows in db and bytes in checkpoints, and finds them again", async () => {
    const folder = await madeFolder();
    const first = await openEmbeddedStore({ folder, crypto });
    const make = newMaker(7);
    const { task, bytes } = make.task();
    const { round, checkpoint } = make.committed(task, 1);
    await first.rounds.createTask(task, bytes);
    await first.rounds.commit({ round, checkpoint });
    await first.close();
    await first.close();

    expect((await readdir(folder)).sort()).toEqual(["checkpoints", "db"]);
    const files = await readdir(join(folder, "checkpoints"));
    expect(files.sort()).toEqual([task.initialCheckpoint, checkpoint.record.id].sort());

    const second = await openEmbeddedStore({ folder, crypto });
    expect(await second.rounds.tasks()).toEqual([task]);
    expect(await second.rounds.rounds(task.id)).toEqual([round]);
    expect(await second.checkpoints.get(checkpoint.record.id)).toEqual(checkpoint.bytes);
    await second.close();
  });

  it.skipIf(process.platform === "win32")(
    "makes folders that only its user may enter",
    async () => {
      for (const path of ["a", "a/b", "a/b/db", "a/b/checkpoints"]) {
        expect((await stat(join(made.folder, path))).mode & 0o077).toBe(0);
      }
    },
  );

  it("starts again when the first start was interrupted", { timeout: 60_000 }, async () => {
    const folder = await testFolder();
    await mkdir(join(folder, "db.new", "base"), { recursive: true });
    await writeFile(join(folder, "db.new", "PG_VERSION"), "18\n");
    const storage = await openEmbeddedStore({ folder, crypto });
    await storage.rounds.ping();
    await storage.close();
    expect((await readdir(folder)).sort()).toEqual(["checkpoints", "db"]);
  });

  it.each([
    ["its version is gone", (db: string) => rm(join(db, "PG_VERSION"))],
    [
      "its control file is zeros",
      (db: string) => writeFile(join(db, "global", "pg_control"), zeros),
    ],
    ["its log is gone", (db: string) => rm(join(db, "pg_wal"), { recursive: true })],
  ])("neither opens nor replaces a database when %s", async (_, damage) => {
    const folder = await madeFolder();
    await damage(join(folder, "db"));
    const before = await readdir(join(folder, "db"));
    await expect(openEmbeddedStore({ folder, crypto })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      remedy: expect.stringMatching(/backup/),
    });
    expect(await readdir(join(folder, "db"))).toEqual(before);
    // The folder is not locked any more.
    expect((await readdir(folder)).sort()).toEqual(["checkpoints", "db"]);
  });

  it("says what to do when the folder cannot be used", async () => {
    const folder = await testFolder();
    await writeFile(join(folder, "file"), "");
    for (const path of ["file", "file/below"]) {
      await expect(openEmbeddedStore({ folder: join(folder, path), crypto })).rejects.toMatchObject(
        {
          code: "STORAGE_UNAVAILABLE",
          remedy: "Choose another data folder or move the file away.",
        },
      );
    }
  });

  it("belongs to one process at a time", async () => {
    const folder = await madeFolder();
    const storage = await openEmbeddedStore({ folder, crypto });
    await expect(openEmbeddedStore({ folder, crypto })).rejects.toMatchObject({
      code: "STORAGE_LOCKED",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await storage.rounds.ping();
    await storage.close();
    await (await openEmbeddedStore({ folder, crypto })).close();
  });
});

const zeros = new Uint8Array(8_192);
