// Writes the next SQL migration from schema.ts with drizzle-kit, then embeds all of them in migrations.generated.ts,
// since tsc copies no .sql into dist. Usage, in packages/server: node src/storage/postgres/generate-migrations.mjs NAME
// Without a name it only embeds again.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const name = process.argv[2];
if (name !== undefined) {
  const kit = join(dirname(createRequire(import.meta.url).resolve("drizzle-kit")), "bin.cjs");
  const from = (path) => relative(process.cwd(), join(here, path));
  const { status } = spawnSync(
    process.execPath,
    [
      ...[kit, "generate", "--dialect", "postgresql", "--name", name],
      ...["--schema", from("schema.ts"), "--out", from("migrations")],
    ],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exit(1);
}

const journal = JSON.parse(readFileSync(join(here, "migrations/meta/_journal.json"), "utf8"));
const entries = journal.entries.map(({ tag }) => {
  const sql = readFileSync(join(here, `migrations/${tag}.sql`), "utf8");
  const literal = sql.replaceAll(/[\\`]|\$\{/g, String.raw`\$&`);
  return `  {\n    name: ${JSON.stringify(tag)},\n    sql: \`${literal}\`,\n  },\n`;
});
writeFileSync(
  join(here, "migrations.generated.ts"),
  `// Written by generate-migrations.mjs from migrations/*.sql; not edited by hand.
import type { Migration } from "./migration.ts";

export const MIGRATIONS: readonly Migration[] = [
${entries.join("")}];
`,
);
