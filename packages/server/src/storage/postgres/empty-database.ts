import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";

/**
 * An empty database as `initdb` of PGlite and the migrations of its day have made it: an index in one
 * line of JSON, and the contents of all files one behind the other. `npm run database` makes it
 * again. Newer migrations are applied to the database like to any other.
 */
const ARCHIVE = new URL("../../../assets/empty-database.br", import.meta.url);

/** The first line of the archive. Paths have slashes. */
export interface EmptyDatabaseIndex {
  /** Each stands before what is in it. */
  readonly folders: readonly string[];
  /** Path and number of bytes. */
  readonly files: readonly (readonly [string, number])[];
}

/**
 * Writes the files of an empty database, which takes a small part of the time that making one takes
 * in WebAssembly. Only their user may read them. It blocks the event loop meanwhile: a thousand small
 * files take a tenth of the time that way.
 * @param folder - Exists and is empty.
 * @throws Errors of the file system as they are.
 */
export async function writeEmptyDatabase(folder: string): Promise<void> {
  const archive = brotliDecompressSync(await readFile(ARCHIVE));
  let at = archive.indexOf("\n");
  const { folders, files } = JSON.parse(archive.toString("utf8", 0, at)) as EmptyDatabaseIndex;
  at += 1;
  for (const path of folders) mkdirSync(join(folder, path), { mode: 0o700 });
  for (const [path, bytes] of files) {
    writeFileSync(join(folder, path), archive.subarray(at, at + bytes), { mode: 0o600 });
    at += bytes;
  }
}
