import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { buildApiReference } from "../../infra/api-reference.mjs";
import { compareApiReports, writeApiReports } from "../../infra/api-reports.mjs";
import { publishedPackages } from "../../infra/published-packages.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A workspace of one built package, whose declarations are these. */
function workspaceOf(declarations: string): { root: string; reports: string } {
  const root = mkdtempSync(join(tmpdir(), "tributary-api-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const manifest = {
    name: "@tributary/sample",
    version: "1.0.0",
    type: "module",
    exports: {
      ".": { types: "./dist/index.d.ts" },
      "./more": { types: "./dist/more.d.ts" },
      "./package.json": "./package.json",
    },
  };
  const files = {
    "packages/sample/package.json": JSON.stringify(manifest),
    "packages/sample/dist/index.d.ts": declarations,
    "packages/sample/dist/more.d.ts": "/** A number. */\nexport declare const more: number;\n",
    "docs/api/README.md": "# API\n",
    "infra/tsconfig.api.json": readFileSync(join(ROOT, "infra/tsconfig.api.json"), "utf8"),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  return { root, reports: join(root, "docs/api") };
}

const DOCUMENTED =
  "/** Adds two numbers. */\nexport declare function add(a: number, b: number): number;\n";

it("reports each entry point, and sees a change, a new report and one that has gone", () => {
  const { root, reports } = workspaceOf(DOCUMENTED);
  const packages = publishedPackages(root);
  writeApiReports(root, packages, reports);
  expect(readFileSync(join(reports, "sample.api.md"), "utf8")).toContain(
    "export function add(a: number, b: number): number;",
  );

  const fresh = join(root, "fresh");
  writeApiReports(root, packages, fresh);
  expect(compareApiReports(reports, fresh)).toEqual([]);

  writeFileSync(
    join(root, "packages/sample/dist/index.d.ts"),
    DOCUMENTED.replace("a: number", "a: bigint"),
  );
  writeApiReports(root, packages, fresh);
  rmSync(join(reports, "sample.more.api.md"));
  writeFileSync(join(reports, "old.api.md"), "");
  expect(compareApiReports(reports, fresh)).toEqual([
    { report: "old.api.md", difference: "gone" },
    { report: "sample.api.md", difference: "changed" },
    { report: "sample.more.api.md", difference: "new" },
  ]);
});

it("builds pages for a package whose exported names all have comments", async () => {
  const { root } = workspaceOf(DOCUMENTED);
  const out = join(root, "pages");
  expect(await buildApiReference(root, publishedPackages(root), out)).toEqual([]);
  const page = readFileSync(join(out, "functions/_tributary_sample.add.html"), "utf8");
  expect(page).toContain("Adds two numbers.");
});

it("refuses an exported name without a comment, and a link that leads nowhere", async () => {
  const { root } = workspaceOf(
    `${DOCUMENTED}export declare const bare: number;\n/** See {@link nowhere}. */\nexport type Lost = string;\n`,
  );
  const faults = await buildApiReference(root, publishedPackages(root), join(root, "pages"));
  expect(faults).toEqual([
    expect.stringMatching(/sample\.bare .*does not have any documentation/),
    expect.stringMatching(/Failed to resolve link to "nowhere"/),
  ]);
});
