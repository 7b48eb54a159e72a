import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { describe, expect, it } from "vitest";
import { MIGRATIONS } from "../src/storage/postgres/migrations.generated.ts";
import * as schema from "../src/storage/postgres/schema.ts";

const folder = fileURLToPath(new URL("../src/storage/postgres/migrations/", import.meta.url));
const remedy = "run `node src/storage/postgres/generate-migrations.mjs NAME` in packages/server";

describe("the embedded migrations", () => {
  it("are exactly drizzle-kit's files, in their order", async () => {
    const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
    expect(
      MIGRATIONS.map(({ name }) => `${name}.sql`),
      remedy,
    ).toEqual(files);
    for (const { name, sql } of MIGRATIONS) {
      expect(sql, remedy).toBe(await readFile(`${folder}${name}.sql`, "utf8"));
    }
  });

  it("make the tables of schema.ts", async () => {
    const snapshots = (await readdir(`${folder}meta`)).filter((name) =>
      name.endsWith("snapshot.json"),
    );
    const newest = await readFile(`${folder}meta/${snapshots.sort().at(-1)}`, "utf8");
    const changes = await generateMigration(JSON.parse(newest), generateDrizzleJson({ ...schema }));
    expect(changes, remedy).toEqual([]);
  });
});
