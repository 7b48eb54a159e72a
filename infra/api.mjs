// `npm run api`: writes the API reports into docs/api and builds the API reference. With --check it
// changes no report and fails when a committed one differs from the code.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildApiReference } from "./api-reference.mjs";
import { compareApiReports, writeApiReports } from "./api-reports.mjs";
import { buildPackages } from "./build.mjs";
import { publishedPackages } from "./published-packages.mjs";
import { runCommand } from "./run-command.mjs";
import { describeError } from "./setup-error.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const committed = join(root, "docs", "api");
const reference = join(committed, "reference");
const packages = publishedPackages(root);

/** @returns {Promise<number>} The exit code. */
async function checkReports() {
  const fresh = join(root, ".cache", "api-reports");
  mkdirSync(fresh, { recursive: true });
  writeApiReports(root, packages, fresh);
  const differences = compareApiReports(committed, fresh);
  if (differences.length === 0) return 0;
  console.error("The public surface of the packages is not the one in docs/api:");
  for (const { report, difference } of differences) {
    console.error(`  ${report} is ${difference}`);
    if (difference !== "changed") continue;
    const files = [join(committed, report), join(fresh, report)];
    const { output } = await runCommand("git", ["diff", "--no-index", "--unified=1", ...files]);
    console.error(output.split("\n").slice(4).join("\n"));
  }
  console.error("If the change is meant, run `npm run api` and commit docs/api with it.");
  return 1;
}

/** @returns {Promise<number>} The exit code. */
async function buildReference() {
  const faults = await buildApiReference(root, packages, reference);
  for (const fault of faults) console.error(fault);
  if (faults.length === 0) return 0;
  console.error(`The API reference has ${faults.length} faults. Mend the comments named above.`);
  return 1;
}

/** @returns {Promise<number>} The exit code. */
async function check() {
  return Math.max(await checkReports(), await buildReference());
}

/** @returns {Promise<number>} The exit code. */
async function write() {
  // The reports are made from the compiled packages, which may be older than the code.
  await buildPackages(root);
  writeApiReports(root, packages, committed);
  const code = await buildReference();
  console.log(`The API reference is in ${reference}/index.html.`);
  return code;
}

const [option, ...more] = process.argv.slice(2);
if ((option !== undefined && option !== "--check") || more.length > 0) {
  console.error("Usage: node infra/api.mjs [--check]");
  process.exit(2);
}

try {
  process.exitCode = option === "--check" ? await check() : await write();
} catch (error) {
  console.error(`\n${describeError(error)}`);
  process.exitCode = 1;
}
