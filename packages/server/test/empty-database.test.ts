import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { writeEmptyDatabase } from "../src/storage/postgres/empty-database.ts";
import { MIGRATIONS } from "../src/storage/postgres/migrations.generated.ts";
import { openPglite } from "../src/storage/postgres/pglite.ts";
import { makeEmptyDatabase, UNIQUE } from "./make-empty-database.ts";
import { testFolder } from "./temporary-folder.ts";

/** The files in a folder, by their paths. */
async function contentOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path))]));
}

/** The names of the migrations that a new database already has, in their order. */
async function packedMigrations(): Promise<readonly string[]> {
  const { db, close } = await openPglite(join(await testFolder(), "db"));
  const rows = await db
    .select({ name: sql<string>`name` })
    .from(sql`tributary.migrations`)
    .orderBy(sql`name`);
  await close();
  return rows.map(({ name }) => name);
}

describe("the packed empty database", () => {
  it(
    "is what PGlite and its migrations make: else run `npm run database`",
    { timeout: 120_000 },
    async () => {
      const names = await packedMigrations();
      const migrations = MIGRATIONS.slice(0, names.length);
      expect(names).toEqual(migrations.map(({ name }) => name));

      const [packed, made] = [await testFolder(), join(await testFolder(), "db")];
      await writeEmptyDatabase(packed);
      await makeEmptyDatabase(made, migrations);
      const [actual, expected] = [await contentOf(packed), await contentOf(made)];
      const isCommon = (path: string): boolean => !UNIQUE.some((each) => path.startsWith(each));
      expect([...actual.keys()].filter(isCommon)).toEqual([...expected.keys()].filter(isCommon));
      const different = [...actual].filter(
        ([path, bytes]) => isCommon(path) && !expected.get(path)?.equals(bytes),
      );
      expect(different.map(([path]) => path)).toEqual([]);
    },
  );

  it.skipIf(process.platform === "win32")("is readable for its user only", async () => {
    const folder = await testFolder();
    await writeEmptyDatabase(folder);
    const paths = await readdir(folder, { recursive: true });
    const modes = await Promise.all(
      paths.map(async (path) => (await stat(join(folder, path))).mode),
    );
    expect(modes.filter((mode) => (mode & 0o077) !== 0)).toEqual([]);
  });
});
