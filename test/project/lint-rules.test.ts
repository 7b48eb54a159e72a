// Proves that each rule of .oxlintrc.json that the house relies on is on: every case is a violation on purpose, in
// a copy of the folders that holds nothing else, next to code that the same rule must let pass.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../infra/run-command.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Violation {
  readonly title: string;
  readonly path: string;
  readonly source: string;
  readonly rule: string;
}

const imports = (specifier: string) => `import ${JSON.stringify(specifier)};\n`;

const RESTRICTED = "eslint(no-restricted-imports)";

const wrongImports: readonly Violation[] = [
  ["a package from the protocol", "protocol/src/plan/a.ts", "@tributary/server"],
  ["the client SDK from the server", "server/src/gateway/a.ts", "@tributary/client-sdk"],
  ["the client SDK from a test of the server", "server/test/a.test.ts", "@tributary/client-sdk"],
  ["the simulator from the server", "server/src/a.ts", "@tributary/simulator"],
  ["the server from the client SDK", "client-sdk/src/session/a.ts", "@tributary/server"],
  ["the server from the client's platform", "client-sdk/src/platform/a.ts", "@tributary/server"],
  ["the server from the simulator", "simulator/src/runner/a.ts", "@tributary/server"],
  ["the command from the simulator", "simulator/src/runner/b.ts", "@tributary/cli"],
  ["the benchmarks from the command", "cli/src/c.ts", "@tributary/bench"],
  ["the benchmarks from the simulator", "simulator/src/runner/c.ts", "@tributary/bench"],
  ["the benchmarks from a test of the command", "cli/test/c.test.ts", "@tributary/bench"],
  ["built files of another package", "cli/src/a.ts", "@tributary/server/dist/server.js"],
  ["sources of another package by path", "cli/src/b.ts", "../../server/src/server.ts"],
  ["built files of the benchmarks by path", "cli/src/d.ts", "../../../bench/dist/main.js"],
  ["the gateway from the rounds", "server/src/rounds/a.ts", "../gateway/gateway.ts"],
  ["the coordinator from the rounds", "server/src/rounds/b.ts", "../coordinator/coordinator.ts"],
  ["storage from the aggregation", "server/src/aggregation/a.ts", "../storage/round-store.ts"],
  ["telemetry from the aggregation", "server/src/aggregation/b.ts", "../telemetry/logger.ts"],
  [
    "the admin API from the aggregation",
    "server/src/aggregation/deep/c.ts",
    "../../admin/admin-app.ts",
  ],
  ["ws from the rounds", "server/src/rounds/c.ts", "ws"],
  ["Express from the rounds", "server/src/rounds/d.ts", "express"],
  ["a database driver from the rounds", "server/src/rounds/e.ts", "pg"],
  ["Drizzle from the aggregation", "server/src/aggregation/d.ts", "drizzle-orm/pg-core"],
  ["a storage adapter from the coordinator", "server/src/coordinator/a.ts", "../storage/files.ts"],
  ["the gateway from the coordinator", "server/src/coordinator/b.ts", "../gateway/gateway.ts"],
  [
    "the choice of a store from the coordinator",
    "server/src/coordinator/e.ts",
    "../open-storage.ts",
  ],
  ["a storage adapter from the gateway", "server/src/gateway/b.ts", "../storage/memory.ts"],
  ["the admin API from the gateway", "server/src/gateway/c.ts", "../admin/admin-app.ts"],
  ["the gateway from the admin API", "server/src/admin/a.ts", "../gateway/gateway.ts"],
  [
    "a storage adapter from the admin API",
    "server/src/admin/b.ts",
    "../storage/postgres/pglite.ts",
  ],
  ["the coordinator from storage", "server/src/storage/a.ts", "../coordinator/coordinator.ts"],
  ["the enrolment from storage", "server/src/storage/b.ts", "../enrolment/policy.ts"],
  ["a storage adapter from the configuration", "server/src/config.ts", "./storage/postgres/a.ts"],
  ["the gateway from beside server.ts", "server/src/server-identity.ts", "./gateway/gateway.ts"],
  ["a platform by name from the client", "client-sdk/src/client.ts", "./platform/node.ts"],
  ["ws from the client's session", "client-sdk/src/session/b.ts", "ws"],
].map(([what, path, specifier]) => ({
  title: what ?? "",
  path: `packages/${path}`,
  source: imports(specifier ?? ""),
  rule: RESTRICTED,
}));

const otherViolations: readonly Violation[] = [
  {
    title: "an import of the benchmarks from an end-to-end test",
    path: "test/e2e/a.test.ts",
    source: imports("@tributary/bench"),
    rule: RESTRICTED,
  },
  {
    title: "an import of a package's sources from a benchmark",
    path: "bench/src/a.ts",
    source: imports("../../packages/server/src/server.ts"),
    rule: RESTRICTED,
  },
  {
    title: "Node's modules in the protocol",
    path: "packages/protocol/src/plan/node.ts",
    source: imports("node:fs"),
    rule: "import(no-nodejs-modules)",
  },
  {
    title: "Node's modules in the rounds",
    path: "packages/server/src/rounds/node.ts",
    source: imports("node:fs"),
    rule: "import(no-nodejs-modules)",
  },
  {
    title: "Node's modules in the client outside its platform",
    path: "packages/client-sdk/src/trust/node.ts",
    source: imports("node:crypto"),
    rule: "import(no-nodejs-modules)",
  },
  {
    title: "an import of a wrong package that is made at run time",
    path: "packages/server/src/rounds/later.ts",
    source: `export const later = () => import("ws");\n`,
    rule: RESTRICTED,
  },
  {
    title: "a wrong import of types alone",
    path: "packages/client-sdk/src/session/types.ts",
    source: `import type { Server } from "@tributary/server";\nexport type Mine = Server;\n`,
    rule: RESTRICTED,
  },
  {
    title: "a wrong module passed on by an export",
    path: "packages/server/src/aggregation/pass.ts",
    source: `export { x } from "../storage/files.ts";\n`,
    rule: RESTRICTED,
  },
  {
    title: "files that import each other",
    path: "packages/protocol/src/plan/hen.ts",
    source: `import { egg } from "./egg.ts";\nexport const hen = () => egg;\n`,
    rule: "import(no-cycle)",
  },
  {
    title: "the clock in the rounds",
    path: "packages/server/src/rounds/clock-user.ts",
    source: `export const now = () => new Date();\n`,
    rule: "eslint(no-restricted-globals)",
  },
  {
    title: "a timer in the aggregation",
    path: "packages/server/src/aggregation/timer.ts",
    source: `export const later = (work: () => void) => setTimeout(work, 1);\n`,
    rule: "eslint(no-restricted-globals)",
  },
  {
    title: "the clock in the coordinator",
    path: "packages/server/src/coordinator/now.ts",
    source: `export const now = () => Date.now();\n`,
    rule: "eslint(no-restricted-properties)",
  },
  {
    title: "unseeded randomness",
    path: "packages/client-sdk/src/training/dice.ts",
    source: `export const dice = () => Math.random();\n`,
    rule: "eslint(no-restricted-properties)",
  },
  {
    title: "printing from a library",
    path: "packages/server/src/gateway/print.ts",
    source: `console.log("connected");\n`,
    rule: "eslint(no-console)",
  },
  {
    title: "a promise that nobody waits for",
    path: "packages/cli/src/floating.ts",
    source: `declare function save(): Promise<void>;\nexport function f(): void {\n  save();\n}\n`,
    rule: "typescript(no-floating-promises)",
  },
  {
    title: "a promise that nobody waits for, in a test",
    path: "packages/cli/test/floating.test.ts",
    source: `declare function save(): Promise<void>;\nexport function f(): void {\n  save();\n}\n`,
    rule: "typescript(no-floating-promises)",
  },
  {
    title: "a promise where a condition is meant",
    path: "packages/cli/src/misused.ts",
    source: `declare function ready(): Promise<boolean>;\nexport const f = () => (ready() ? 1 : 2);\n`,
    rule: "typescript(no-misused-promises)",
  },
  {
    title: "any",
    path: "packages/cli/src/any.ts",
    source: `export const f = (x: any): number => (x === 1 ? 1 : 2);\n`,
    rule: "typescript(no-explicit-any)",
  },
  {
    title: "use of a value of type any",
    path: "packages/cli/src/unsafe.ts",
    source: `export const f = (text: string): number => JSON.parse(text).length;\n`,
    rule: "typescript(no-unsafe-return)",
  },
  {
    title: "a switch that forgets a case",
    path: "packages/cli/src/switch.ts",
    source: `export function f(x: "a" | "b"): number {\n  switch (x) {\n    case "a":\n      return 1;\n  }\n  return 2;\n}\n`,
    rule: "typescript(switch-exhaustiveness-check)",
  },
  {
    title: "a type imported as if it were a value",
    path: "packages/protocol/src/plan/type-user.ts",
    source: `import { Hen } from "./hen-type.ts";\nexport type Mine = Hen;\n`,
    rule: "typescript(consistent-type-imports)",
  },
  {
    title: "a default export",
    path: "packages/cli/src/default.ts",
    source: `export default 1;\n`,
    rule: "import(no-default-export)",
  },
  {
    title: "a comment that silences the compiler",
    path: "packages/cli/src/silenced.ts",
    source: `// @ts-ignore\nexport const x: number = 1;\n`,
    rule: "typescript(ban-ts-comment)",
  },
];

/** The folders that the cases are in. */
const FOLDERS = ["packages", "bench", "test"];

const violations = [...wrongImports, ...otherViolations];

const allowed: Readonly<Record<string, string>> = {
  "packages/protocol/src/crypto/node-crypto.ts": imports("node:crypto"),
  "packages/protocol/src/worker-port/node-endpoints.ts": imports("node:worker_threads"),
  "packages/protocol/src/plan/egg.ts": `import { hen } from "./hen.ts";\nexport const egg = () => hen;\n`,
  "packages/protocol/src/plan/hen-type.ts": `export interface Hen {\n  readonly eggs: number;\n}\n`,
  "packages/server/src/server.ts": ["./storage/files.ts", "./gateway/g.ts", "./admin/a.ts"]
    .map(imports)
    .join(""),
  "packages/server/src/open-storage.ts": imports("./storage/files.ts"),
  "packages/server/src/rounds/ok.ts": [imports("@tributary/protocol"), imports("./ok2.ts")].join(
    "",
  ),
  "packages/server/src/coordinator/ok.ts": [
    "../rounds/ok.ts",
    "../aggregation/x.ts",
    "../storage/round-store.ts",
    "node:events",
  ]
    .map(imports)
    .join(""),
  "packages/server/src/gateway/ok.ts": ["ws", "../coordinator/coordinator.ts", "node:http"]
    .map(imports)
    .join(""),
  "packages/server/src/storage/postgres/ok.ts": ["pg", "../round-store.ts"].map(imports).join(""),
  "packages/client-sdk/src/platform/node.ts": ["ws", "node:fs"].map(imports).join(""),
  "packages/client-sdk/src/ok.ts": ["#platform", "@tributary/protocol"].map(imports).join(""),
  "packages/simulator/src/ok.ts": ["@tributary/protocol", "@tributary/client-sdk", "node:fs"]
    .map(imports)
    .join(""),
  "packages/cli/src/ok.ts": ["protocol", "server", "client-sdk", "simulator"]
    .map((name) => imports(`@tributary/${name}`))
    .join(""),
  "bench/src/ok.ts": ["protocol", "server", "client-sdk", "simulator", "cli"]
    .map((name) => imports(`@tributary/${name}`))
    .join(""),
  "packages/server/src/coordinator/clock.ts": `export const now = () => Date.now();\n`,
};

describe("the linter", () => {
  let folder: string;
  let reported: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tributary-lint-"));
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for (const { path, source } of violations) write(path, source);
    for (const [path, source] of Object.entries(allowed)) write(path, source);
    for (const name of [".oxlintrc.json", "tsconfig.base.json"]) {
      await copyFile(join(root, name), join(folder, name));
    }
    const tsconfig = { extends: "./tsconfig.base.json", include: FOLDERS };
    write("tsconfig.json", JSON.stringify(tsconfig));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    reported = await lint(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const { title, path, rule } of violations) {
    it(`reports ${title}`, () => {
      expect(reported.get(path) ?? []).toContain(rule);
    });
  }

  for (const path of Object.keys(allowed)) {
    it(`has nothing against what ${path} imports`, () => {
      const houseRules = /no-restricted-|no-nodejs-modules/;
      expect((reported.get(path) ?? []).filter((rule) => houseRules.test(rule))).toEqual([]);
    });
  }
});

/** Which rules were broken in each file of a folder. */
async function lint(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { output } = await runCommand(
    process.execPath,
    [join(root, "node_modules/oxlint/bin/oxlint"), "--type-aware", "--format=json", ...FOLDERS],
    { cwd: folder },
  );
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { filename: string; code: string }[];
  };
  const rules = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) {
    rules.set(filename, [...(rules.get(filename) ?? []), code]);
  }
  return rules;
}
