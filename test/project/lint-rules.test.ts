// Proves that the rules that the project relies on are on. Every file that the linter sees here was
// written for this test, and holds violations on purpose next to code that must pass. The layers are
// proved line by line from infra/layers.mjs; the promises that must outlive any change of that list,
// and the rules of .oxlintrc.json, each have a case of their own.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACKAGES } from "../../infra/layers.mjs";
import { runCommand } from "../../infra/run-command.mjs";
import { importOf, layerProbes, withoutStars } from "./layer-probes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const LAYERS = "tributary(layers)";

interface Case {
  readonly title: string;
  readonly path: string;
  readonly source: string;
  readonly rule: string;
}

const wrongImports: readonly Case[] = [
  ["the server from the protocol", "protocol/src/plan", "@tributary/server"],
  ["the server from the core", "core/src/rounds", "@tributary/server"],
  ["the client SDK from the server", "server/src/gateway", "@tributary/client-sdk"],
  ["the client SDK from a test of the server", "server/test", "@tributary/client-sdk"],
  ["the server from the client SDK", "client-sdk/src/session", "@tributary/server"],
  ["the server from the client's platform", "client-sdk/src/platform", "@tributary/server"],
  ["the core from the client SDK", "client-sdk/src/training", "@tributary/core"],
  ["the command from the simulator", "simulator/src/datasets", "@tributary/cli"],
  ["the benchmarks from the command", "cli/src", "@tributary/bench"],
  ["the benchmarks from a test across packages", "../test/e2e", "@tributary/bench"],
  ["a built file of another package", "cli/src", "@tributary/server/dist/server.js"],
  ["a built file of the benchmarks by its path", "cli/src", "../../../bench/dist/main.js"],
  ["a source of another package by its path", "cli/src", "../../server/src/server.ts"],
  [
    "a source of a package from a test across packages",
    "../test/e2e",
    "../../packages/server/src/server.ts",
  ],
  ["a module of Node from the protocol", "protocol/src/plan", "node:fs"],
  ["a module of Node from the core", "core/src/rounds", "node:fs"],
  ["a module of Node from the core's test tools", "core/src/testing", "node:assert"],
  ["a module of Node from the client outside its platform", "client-sdk/src/trust", "crypto"],
  ["the gateway from the coordinator", "server/src/coordinator", "../gateway/gateway.ts"],
  ["the coordinator from storage", "server/src/storage", "../coordinator/coordinator.ts"],
  ["the admin API from the gateway", "server/src/gateway", "../admin/admin-app.ts"],
  ["the gateway from the admin API", "server/src/admin", "../gateway/gateway.ts"],
  ["a storage adapter from the coordinator", "server/src/coordinator", "../storage/files.ts"],
  ["the choice of a store from the coordinator", "server/src/coordinator", "../open-storage.ts"],
  ["the enrolment from storage", "server/src/storage", "../enrolment/policy.ts"],
  ["the gateway from beside server.ts", "server/src", "./gateway/gateway.ts"],
  ["sockets from the coordinator", "server/src/coordinator", "ws"],
  ["a database from the admin API", "server/src/admin", "drizzle-orm/pg-core"],
  ["one platform by its name", "client-sdk/src", "./platform/node.ts"],
  ["the platform from training", "client-sdk/src/training", "#platform"],
  [
    "the choice of an engine from an engine",
    "client-sdk/src/training",
    "../engine-choice/choose-engine.ts",
  ],
].map(([what, folder, specifier], index) => ({
  title: `an import of ${what}`,
  path: join("packages", folder ?? "", `import-${index}.ts`),
  source: importOf(specifier ?? ""),
  rule: LAYERS,
}));

const otherCases: readonly Case[] = [
  {
    title: "a wrong import that is made at run time",
    path: "packages/core/src/rounds/later.ts",
    source: `export const later = () => import("node:fs");`,
    rule: LAYERS,
  },
  {
    title: "a wrong import of types alone",
    path: "packages/client-sdk/src/session/types.ts",
    source: `import type { Server } from "@tributary/server";\nexport type Mine = Server;`,
    rule: LAYERS,
  },
  {
    title: "a wrong import within a type",
    path: "packages/client-sdk/src/session/inline-type.ts",
    source: `export type Mine = import("@tributary/server").Server;`,
    rule: LAYERS,
  },
  {
    title: "a wrong module that an export passes on",
    path: "packages/core/src/rounds/pass.ts",
    source: `export { x } from "../server-step/x.ts";`,
    rule: LAYERS,
  },
  {
    title: "a wrong module that an export passes on whole",
    path: "packages/core/src/rounds/pass-all.ts",
    source: `export * from "../server-step/x.ts";`,
    rule: LAYERS,
  },
  {
    title: "the current date in the core",
    path: "packages/core/src/testing/date.ts",
    source: `export const now = () => new Date();`,
    rule: LAYERS,
  },
  {
    title: "a timer in the core",
    path: "packages/core/src/aggregation/timer.ts",
    source: `export const later = (work: () => void) => setTimeout(work, 1);`,
    rule: LAYERS,
  },
  {
    title: "a clock that is read in the coordinator",
    path: "packages/server/src/coordinator/now.ts",
    source: `export const now = () => Date["now"]();`,
    rule: LAYERS,
  },
  {
    title: "a folder that the list of layers does not name",
    path: "packages/core/src/unlisted/file.ts",
    source: `export const x = 1;`,
    rule: LAYERS,
  },
  {
    title: "a package that the list of layers does not name",
    path: "packages/unlisted/src/file.ts",
    source: `export const x = 1;`,
    rule: LAYERS,
  },
  {
    title: "files that import each other",
    path: "packages/protocol/src/plan/hen.ts",
    source: `import { egg } from "./egg.ts";\nexport const hen = () => egg;`,
    rule: "import(no-cycle)",
  },
  {
    title: "files that import types from each other",
    path: "packages/protocol/src/plan/hen-type.ts",
    source: `import type { Egg } from "./egg-type.ts";\nexport interface Hen {\n  readonly eggs: readonly Egg[];\n}`,
    rule: "import(no-cycle)",
  },
  {
    title: "a promise that nobody waits for",
    path: "packages/cli/src/floating.ts",
    source: `declare function save(): Promise<void>;\nexport function f(): void {\n  save();\n}`,
    rule: "typescript(no-floating-promises)",
  },
  {
    title: "a promise that nobody waits for, in a test",
    path: "packages/cli/test/floating.test.ts",
    source: `declare function save(): Promise<void>;\nexport function f(): void {\n  save();\n}`,
    rule: "typescript(no-floating-promises)",
  },
  {
    title: "a promise in the place of a condition",
    path: "packages/cli/src/misused.ts",
    source: `declare function ready(): Promise<boolean>;\nexport const f = () => (ready() ? 1 : 2);`,
    rule: "typescript(no-misused-promises)",
  },
  {
    title: "the type any",
    path: "packages/cli/src/any.ts",
    source: `export const f = (x: any): number => (x === 1 ? 1 : 2);`,
    rule: "typescript(no-explicit-any)",
  },
  {
    title: "the use of a value of type any",
    path: "packages/cli/src/unsafe.ts",
    source: `export const f = (text: string): number => JSON.parse(text).length;`,
    rule: "typescript(no-unsafe-return)",
  },
  {
    title: "a switch that forgets a case",
    path: "packages/cli/src/switch.ts",
    source: `export function f(x: "a" | "b"): number {\n  switch (x) {\n    case "a":\n      return 1;\n  }\n  return 2;\n}`,
    rule: "typescript(switch-exhaustiveness-check)",
  },
  {
    title: "a type that is imported as if it were a value",
    path: "packages/protocol/src/plan/type-user.ts",
    source: `import { Hen } from "./hen-type.ts";\nexport type Mine = Hen;`,
    rule: "typescript(consistent-type-imports)",
  },
  {
    title: "a default export",
    path: "packages/cli/src/default.ts",
    source: `export default 1;`,
    rule: "import(no-default-export)",
  },
  {
    title: "a comment that silences the compiler",
    path: "packages/cli/src/silenced.ts",
    source: `// @ts-ignore\nexport const x: number = 1;`,
    rule: "typescript(ban-ts-comment)",
  },
];

/** The other halves of the cycles. */
const helpers: Readonly<Record<string, string>> = {
  "packages/protocol/src/plan/egg.ts": `import { hen } from "./hen.ts";\nexport const egg = () => hen;`,
  "packages/protocol/src/plan/egg-type.ts": `import type { Hen } from "./hen-type.ts";\nexport interface Egg {\n  readonly hen: Hen;\n}`,
};

const cases = [...wrongImports, ...otherCases];
const probes = layerProbes();

describe("the linter", () => {
  let folder: string;
  let reported: readonly Fault[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tributary-lint-"));
    const write = (path: string, text: string) => {
      expect(existsSync(join(folder, path)), `two cases write ${path}`).toBe(false);
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
    };
    for (const { path, source } of cases) write(path, source);
    for (const { path, lines } of probes) write(path, lines.map(({ code }) => code).join("\n"));
    for (const [path, source] of Object.entries(helpers)) write(path, source);
    for (const name of [".oxlintrc.json", "tsconfig.base.json", "infra"]) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    const include = ["packages", "bench", "examples", "test"];
    write("tsconfig.json", JSON.stringify({ extends: "./tsconfig.base.json", include }));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    reported = await lint(folder, include);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const { title, path, about, lines } of probes) {
    it(title, () => {
      const faults = reported.filter((fault) => fault.path === path && fault.rule === LAYERS);
      for (const [index, { code, fault }] of lines.entries()) {
        const said = faults.filter(({ line }) => line === index + 1).map(({ message }) => message);
        if (fault === undefined)
          expect(
            said.filter((message) => about.test(message)),
            code,
          ).toEqual([]);
        else expect(said, code).toEqual([expect.stringMatching(fault)]);
      }
    });
  }

  for (const { title, path, rule } of cases) {
    it(`reports ${title}`, () => {
      const rules = reported.filter((fault) => fault.path === path).map((fault) => fault.rule);
      expect(rules).toContain(rule);
    });
  }
});

describe("the list of layers", () => {
  for (const [path, { layers = [], reserved = [] }] of Object.entries(PACKAGES)) {
    it(`names only files and folders of ${path} that exist`, () => {
      const own = reserved.flatMap(({ modules = [], to }) => [
        ...modules.filter((module) => module.startsWith("./")),
        ...to,
      ]);
      const missing = [...layers.flat(), ...own].filter(
        (entry) => !existsSync(join(root, path, "src", withoutStars(entry))),
      );
      expect(missing).toEqual([]);
    });
  }
});

interface Fault {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

async function lint(folder: string, paths: readonly string[]): Promise<readonly Fault[]> {
  const { output } = await runCommand(
    process.execPath,
    [join(root, "node_modules/oxlint/bin/oxlint"), "--type-aware", "--format=json", ...paths],
    { cwd: folder },
  );
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: {
      filename: string;
      code: string;
      message: string;
      labels: { span: { line: number } }[];
    }[];
  };
  return diagnostics.map(({ filename, code, message, labels }) => ({
    path: filename,
    line: labels[0]?.span.line ?? 0,
    rule: code,
    message,
  }));
}
