// Opens PGlite, which is Postgres compiled to WebAssembly, on a folder of this machine.
import { fsyncSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";
import { drizzle } from "drizzle-orm/pglite";
import { TributaryError } from "@tributary/protocol";
import { errnoOf } from "../file-error.ts";
import { syncFolder, syncTree } from "../sync-folder.ts";
import type { OpenDatabase } from "./database.ts";
import { writeEmptyDatabase } from "./empty-database.ts";

/**
 * PGlite as it is published never syncs: it starts Postgres with -F, and its file system has no
 * fsync. A power cut could then destroy a committed round or the whole database. With these
 * parameters Postgres syncs its log at each commit, which takes 0.3 to 1 ms. The method has to be
 * fsync, because fdatasync does nothing in WebAssembly.
 */
const DURABLE = ["-c", "wal_sync_method=fsync"];

/**
 * By default Postgres would take 128 MB of buffers at once, which it never needs here. These
 * parameters also keep its log at a few megabytes.
 */
const SMALL = [
  ...["-c", "shared_buffers=16MB"],
  ...["-c", "min_wal_size=2MB"],
  ...["-c", "max_wal_size=16MB"],
];

/**
 * Opens the database in a folder, and creates it if it is missing. The caller holds the folder's
 * lock.
 * @throws TributaryError `STORAGE_UNAVAILABLE` when the folder does not hold a usable database.
 * Errors of the file system as they are.
 */
export async function openPglite(folder: string): Promise<OpenDatabase> {
  if (!(await isThere(folder))) await createDatabase(folder);
  // PGlite would make a new database among the remains of the old one.
  if (!(await isThere(join(folder, "PG_VERSION")))) throw unusable(folder, "PG_VERSION is missing");
  const lines: string[] = [];
  let client;
  try {
    client = await PGlite.create({
      dataDir: folder,
      fs: new DurableNodeFs(folder),
      startParams: [
        ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
        ...DURABLE,
        ...SMALL,
      ],
      onStderr: (line) => {
        if (/FATAL|PANIC|ERROR/.test(line)) lines.push(line);
        return true;
      },
    });
  } catch (error) {
    const detail = lines[0] ?? (error instanceof Error ? error.message : String(error));
    throw unusable(folder, detail, error);
  }
  const opened = client;
  const db = drizzle({ client: opened });
  return {
    db,
    transaction: (work) => db.transaction(work),
    where: `The embedded database in ${folder}`,
    close: () => opened.close(),
  };
}

/**
 * Creates the database under another name and renames it once it is complete and on the disk. A
 * crash therefore leaves either no database or a complete one.
 */
async function createDatabase(folder: string): Promise<void> {
  const aside = `${folder}.new`;
  await rm(aside, { recursive: true, force: true });
  // PGlite lets every user read the files that it adds, so the folder around them is closed.
  await mkdir(aside, { mode: 0o700 });
  await writeEmptyDatabase(aside);
  await syncTree(aside);
  await rename(aside, folder);
  await syncFolder(dirname(folder));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

function unusable(folder: string, detail: string, cause?: unknown): TributaryError {
  return new TributaryError(
    "STORAGE_UNAVAILABLE",
    `The embedded database in ${folder} does not open (${detail.trim()})`,
    {
      remedy: "Restore the data folder from a backup, or move it away to begin with an empty one.",
      context: { folder },
      cause,
    },
  );
}

/** Emscripten's error number for an input/output error, as WASI counts. */
const WASI_EIO = 29;

/** PGlite's file system on disk, with the fsync that it lacks. */
class DurableNodeFs extends NodeFS {
  override async init(...parameters: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(...parameters);
    const preRun = [
      ...(emscriptenOpts.preRun ?? []),
      (module: { readonly NODEFS: unknown }) => addSync(module.NODEFS),
    ];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

/** Adds the operation fsync to Emscripten's file system. */
function addSync(fileSystem: unknown): void {
  const operations = property(fileSystem, "stream_ops");
  if (typeof operations !== "object" || operations === null) {
    throw new TributaryError(
      "INTERNAL",
      "PGlite's file system is not the one that this build knows",
    );
  }
  Object.assign(operations, { fsync: syncStream });
}

/**
 * Makes the bytes of an open file durable.
 * @returns 0, or an error number, which Postgres handles. An exception would leave WebAssembly in
 * the middle of a call.
 */
function syncStream(stream: unknown): number {
  const descriptor = property(stream, "nfd");
  // A folder has no descriptor, and there is nothing to sync.
  if (typeof descriptor !== "number") return 0;
  try {
    fsyncSync(descriptor);
    return 0;
  } catch {
    return WASI_EIO;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
