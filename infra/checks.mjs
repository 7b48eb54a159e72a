import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { findBrokenLinks } from "./links.mjs";
import { ltsNodePath } from "./lts-node.mjs";
import { ensureOnnxRuntime, onnxRuntimeModules } from "./onnx-runtime.mjs";
import { runCommand } from "./run-command.mjs";
import { LTS_NODE } from "./versions.mjs";
import { countTests } from "./vitest-report.mjs";

/** @typedef {import("./outcome.mjs").Outcome} Outcome */

/**
 * @typedef {object} Check
 * @property {string} name - What `node infra/check.mjs NAME` calls it.
 * @property {string} title
 * @property {() => Promise<Outcome>} run
 * @property {string} [startsAfter] - The check at whose end it starts, beside those that stand between
 *   them. Without it, it starts when its turn has come.
 */

/**
 * Slow unit tests of what does not depend on the version of Node: databases that are killed and
 * restarted, and long properties of arithmetic. They run on one Node only.
 */
const ON_ONE_NODE = [
  "packages/server/test/storage-crash.test.ts",
  "packages/server/test/storage-postgres.test.ts",
  "packages/server/test/storage-embedded.test.ts",
  "packages/server/test/empty-database.test.ts",
  "packages/server/test/storage-access-embedded.test.ts",
  "packages/server/test/storage-lease.test.ts",
  "packages/server/test/database-outage.test.ts",
  "packages/client-sdk/test/trainer-memory.test.ts",
  "packages/client-sdk/test/model-table.test.ts",
  "packages/client-sdk/test/finite-differences.test.ts",
  "packages/protocol/test/update-residual.test.ts",
  "packages/core/test/aggregation-robust-rules.test.ts",
  "packages/simulator/test/direct-run.test.ts",
  "packages/simulator/test/buffered-run.test.ts",
  "bench/test/codec.test.ts",
  "bench/test/simulate.test.ts",
  "experiments/test/papers.test.ts",
];

const TOOL_LIMIT_MS = 10 * 60_000;
const TEST_LIMIT_MS = 20 * 60_000;

/**
 * Lists everything that must hold for a commit, the quickest first.
 * @param {string} root
 * @returns {readonly Check[]}
 */
export function checksOf(root) {
  const tool = (/** @type {string} */ path, /** @type {string[]} */ ...args) =>
    runTool(root, path, args);
  const script = (/** @type {string} */ path, /** @type {string[]} */ ...args) =>
    runScript(root, join(root, path), args);
  const tests = (
    /** @type {string} */ project,
    node = process.execPath,
    /** @type {readonly string[]} */ without = [],
  ) => runTests(root, project, node, without);

  const checks = [
    {
      name: "format",
      title: "Format",
      run: () => tool("oxfmt/bin/oxfmt", "--check", "."),
    },
    {
      name: "lint",
      title: "Lint",
      run: () => tool("oxlint/bin/oxlint", "--type-aware", "--deny-warnings"),
    },
    {
      name: "types",
      title: "Types, with tests and examples",
      run: () => tool("typescript/bin/tsc", "-b", ".", ...examplesOf(root)),
    },
    {
      name: "links",
      title: "Links between documents",
      run: async () => checkLinks(root),
    },
    {
      name: "api",
      title: "Public surface and its reference",
      run: () => script("infra/api.mjs", "--check"),
    },
    {
      name: "size",
      title: "Sizes of the client SDK",
      run: () => script("infra/size.mjs"),
    },
    {
      name: "project",
      title: "Tests of the project's own tools",
      run: () => tests("project"),
    },
    {
      name: "release",
      title: "Packages, as they would be published",
      // It waits for the network most of the time.
      startsAfter: "types",
      run: () => script("infra/release.mjs"),
    },
    {
      name: "unit",
      title: `Unit tests, Node ${process.versions.node}`,
      run: () => tests("unit*"),
    },
    {
      name: "unit-lts",
      title: `Unit tests, Node ${LTS_NODE}`,
      run: () => tests("unit*", ltsNodePath(root), ON_ONE_NODE),
    },
    {
      name: "native",
      title: "Tests of the native engine, on ONNX Runtime",
      run: () => runNativeTests(root),
    },
    {
      name: "e2e",
      title: "End-to-end tests",
      run: () => tests("e2e"),
    },
    {
      name: "browser",
      title: "Browser tests",
      run: () => tests("browser"),
    },
  ];
  return process.versions.node === LTS_NODE
    ? checks.filter(({ name }) => name !== "unit-lts")
    : checks;
}

/**
 * @param {string} root
 * @returns {string[]} The examples in TypeScript, as folders.
 */
function examplesOf(root) {
  const examples = join(root, "examples");
  if (!existsSync(examples)) return [];
  return readdirSync(examples)
    .map((name) => join(examples, name))
    .filter((folder) => existsSync(join(folder, "tsconfig.json")));
}

/**
 * @param {string} root
 * @param {string} path - Of the tool's script inside node_modules.
 * @param {readonly string[]} args
 * @returns {Promise<Outcome>}
 */
function runTool(root, path, args) {
  return runScript(root, join(root, "node_modules", path), args);
}

/**
 * @param {string} root
 * @param {string} script - Absolute path.
 * @param {readonly string[]} args
 * @returns {Promise<Outcome>} One that passed when the script exits with 0, else one that failed.
 */
async function runScript(root, script, args) {
  const { code, output } = await runCommand(process.execPath, [script, ...args], {
    cwd: root,
    env: colour(),
    timeLimitMs: TOOL_LIMIT_MS,
  });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], details: output };
}

/**
 * Runs the tests that need ONNX Runtime, which is installed first where it is missing.
 * @param {string} root
 * @returns {Promise<Outcome>}
 */
async function runNativeTests(root) {
  await ensureOnnxRuntime(root);
  return runTests(root, "native", process.execPath, [], { NODE_PATH: onnxRuntimeModules(root) });
}

/**
 * @param {string} root
 * @param {string} project - One of vitest.config.ts, or several by a pattern.
 * @param {string} node - The Node that runs the tests.
 * @param {readonly string[]} without - Files that are left out.
 * @param {Record<string, string>} env - Added to the environment.
 * @returns {Promise<Outcome>}
 */
async function runTests(root, project, node, without, env = {}) {
  const reportName = `${project.replace("*", "")}-${process.pid}.json`;
  const reportPath = join(root, ".cache", "reports", reportName);
  mkdirSync(dirname(reportPath), { recursive: true });
  const { code, output } = await runCommand(
    node,
    [
      ...[join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--project", project],
      ...without.flatMap((file) => ["--exclude", file]),
      ...["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`],
    ],
    { cwd: root, env: { ...colour(), ...env }, timeLimitMs: TEST_LIMIT_MS },
  );
  const counts = readReport(reportPath);
  // The run also fails when an error came outside of any test, and when there is no report.
  const failed = code !== 0 && counts.failed === 0 ? 1 : counts.failed;
  return { ...counts, failed, details: output };
}

/** @param {string} path */
function readReport(path) {
  try {
    return countTests(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * @param {string} root
 * @returns {Promise<Outcome>}
 */
async function checkLinks(root) {
  const broken = findBrokenLinks(root);
  return {
    passed: broken.length === 0 ? 1 : 0,
    failed: broken.length,
    skipped: [],
    details: broken.join("\n"),
  };
}

function colour() {
  return process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1", FORCE_COLOR: undefined };
}
