import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../infra/run-command.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Commands that no test here runs, and what runs them in their place. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  "npm run setup": "`npm test` begins with it",
  "npm start": "test/e2e/demo.test.ts runs the demo; `npm test` sets up in the same way",
  "npm test": "CI runs it, and it runs this test",
  "npm run build": "the check `types` runs it",
  "npm run lint": "the check `lint` runs it",
  "npm run test:unit": "the check `unit` runs the same tests; a command below runs one file",
  "npm run api": "the check `api` runs it with --check",
  "npm run database": "packages/server/test/empty-database.test.ts makes the same database",
  "npm run release:check": "the check `release` runs it",
  "npm run changeset": "it asks questions; `release:version` is run with a changeset below",
  "node --conditions=@tributary/source --import ./infra/run-from-source.mjs infra/check-onnx-graphs.mjs":
    "it needs Python's package onnx; the check `native` has ONNX Runtime load the same graphs",
  "npx pnpm@12.21.0 install": "it needs the registry; set-up runs it with --frozen-lockfile",
};

/** The commands of a page's blocks of `sh`, without the comments behind them. */
function commandsOf(page: string): string[] {
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*/, "").trim())
    .filter((line) => line !== "");
}

const commands = commandsOf(read("CONTRIBUTING.md"));
const debugging = commandsOf(read("docs/debugging.md")).filter((line) =>
  line.startsWith("npx vitest"),
);
const runHere = [...new Set([...commands, ...debugging])].filter(
  (line) => RUN_ELSEWHERE[line] === undefined && line !== "npm run test:watch",
);

/** A copy of the tree, so that commands which write into it change nothing here. */
let copy: string;

/** What is made from the tree or installed into it. */
const NOT_COPIED = new Set(["node_modules", "dist", ".git", ".cache", ".tributary", "reference"]);

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "tributary-contributing-"));
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
  // What is installed and what is built are used from here: nothing below changes either.
  const built = readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}`);
  for (const folder of [".", "infra", "bench", ...built]) {
    for (const name of ["node_modules", "dist"]) {
      const path = join(folder, name);
      if (!existsSync(join(ROOT, path)) || existsSync(join(copy, path))) continue;
      symlinkSync(join(ROOT, path), join(copy, path));
    }
  }
}, 60_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

const shell = (command: string) =>
  runCommand("bash", ["-c", command], { cwd: copy, timeLimitMs: 170_000 });

/** The files that git knows and that differ between the tree and its copy. */
function changedFiles(names: readonly string[]): string[] {
  return names.filter((name) => readFileSync(join(copy, name), "utf8") !== read(name));
}

describe("the commands in CONTRIBUTING.md", () => {
  it("name no exception that the page does not have", () => {
    expect(Object.keys(RUN_ELSEWHERE).filter((line) => !commands.includes(line))).toEqual([]);
    expect(runHere.length).toBeGreaterThan(8);
  });

  it("are scripts of package.json, with those that checks run in the same words", () => {
    const { scripts, packageManager } = JSON.parse(read("package.json")) as {
      scripts: Record<string, string>;
      packageManager: string;
    };
    const named = commands.flatMap(
      (line) => /^npm run (?:--silent )?([\w:]+)/.exec(line)?.[1] ?? [],
    );
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(scripts["test"]).toBe(`${scripts["setup"]} && node infra/check.mjs`);
    expect(commands).toContain(`npx ${packageManager} install`);
    const checks = read("infra/checks.mjs");
    for (const words of ["--type-aware", "--deny-warnings", "infra/api.mjs", "infra/release.mjs"]) {
      expect(checks).toContain(`"${words}"`);
    }
  });

  it.each(runHere.filter((line) => line !== "npm run release:version"))(
    "do what they say: %s",
    { timeout: 180_000 },
    async (command) => {
      const { code, output } = await shell(command);
      expect(code, output).toBe(0);
    },
  );

  it("leave every generated and formatted file as it is", () => {
    const generated = readdirSync(join(ROOT, "packages"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".generated.ts") && !/node_modules|dist/.test(path))
      .map((path) => join("packages", path));
    expect(generated.length).toBeGreaterThan(3);
    expect(changedFiles([...generated, "package.json", "vitest.config.ts"])).toEqual([]);
  });

  it(
    "raise all versions by a changeset: npm run release:version",
    { timeout: 60_000 },
    async () => {
      writeFileSync(
        join(copy, ".changeset", "a-change.md"),
        '---\n"@tributary/client-sdk": minor\n---\n\nTake part from a worker.\n',
      );
      const { code, output } = await shell("npm run release:version");
      expect(code, output).toBe(0);
      const { version } = JSON.parse(read("packages/client-sdk/package.json")) as {
        version: string;
      };
      const [major = 0, minor = 0] = version.split(".").map(Number);
      const next = `${major}.${minor + 1}.0`;
      const after = (path: string): string => readFileSync(join(copy, path), "utf8");
      for (const name of ["client-sdk", "protocol", "server"]) {
        expect(JSON.parse(after(`packages/${name}/package.json`))).toMatchObject({ version: next });
      }
      expect(after("packages/client-sdk/src/version.generated.ts")).toContain(`"${next}"`);
      expect(after("packages/client-sdk/CHANGELOG.md")).toContain("Take part from a worker.");
    },
  );

  it("watch for changes until they are stopped: npm run test:watch", async () => {
    const file = "packages/protocol/test/frames.test.ts";
    const watcher = spawn("npm", ["run", "test:watch", "--", file], { cwd: copy, detached: true });
    try {
      expect(await heard(watcher, /Waiting for file changes/)).toMatch(/1 passed/);
    } finally {
      if (watcher.pid !== undefined) process.kill(-watcher.pid, "SIGTERM");
    }
  });
});

/** All that a process has printed once it has printed the pattern. */
function heard(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (pattern.test(said)) resolve(said);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`It ended before it printed ${pattern}:\n${said}`)));
  });
}
