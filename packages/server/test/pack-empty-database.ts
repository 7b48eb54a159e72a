// Makes assets/empty-database.br again: run `npm run database` when PGlite has changed, or when the
// migrations that are not yet in it have become many.
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { EmptyDatabaseIndex } from "../src/storage/postgres/empty-database.ts";
import { MIGRATIONS } from "../src/storage/postgres/migrations.generated.ts";
import { makeEmptyDatabase } from "./make-empty-database.ts";

const ARCHIVE = new URL("../assets/empty-database.br", import.meta.url);

const temporary = await mkdtemp(join(tmpdir(), "tributary-database-"));
try {
  const folder = join(temporary, "db");
  await makeEmptyDatabase(folder, MIGRATIONS);
  await writeFile(ARCHIVE, compressed(await packed(folder)));
} finally {
  await rm(temporary, { recursive: true, force: true });
}

/** The files and folders in a folder, in the form that `EmptyDatabaseIndex` describes. */
async function packed(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = (isWanted: (entry: (typeof entries)[number]) => boolean): string[] =>
    entries
      .filter(isWanted)
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, "/"))
      .sort();
  const files = paths((entry) => entry.isFile());
  const contents = files.map((path) => readFileSync(join(folder, path)));
  const index: EmptyDatabaseIndex = {
    folders: paths((entry) => entry.isDirectory()),
    files: files.map((path, i) => [path, contents[i]!.length]),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...contents]);
}

function compressed(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      // Its three databases are nearly the same, and seven megabytes apart.
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
