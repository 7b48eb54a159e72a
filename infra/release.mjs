// `npm run release:check`: shows that what would be published works for those who install it. It packs
// the packages, checks the tarballs, installs them in an empty project outside this tree, compiles
// programs against them, and runs the README's client. It publishes nothing.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compilePrograms, runReadmeClient, writePrograms } from "./consumer.mjs";
import { installInEmptyProject } from "./empty-project.mjs";
import { Progress } from "./progress.mjs";
import { publishedPackages } from "./published-packages.mjs";
import { describeError } from "./setup-error.mjs";
import { deleteLeftOvers, faultsOfTarballs, packPackages } from "./tarballs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @returns {Promise<readonly string[]>} The faults found. */
async function main() {
  const progress = new Progress({ stream: process.stdout, heading: "Checking the release" });
  const packages = publishedPackages(root);
  const folder = mkdtempSync(join(tmpdir(), "tributary-release-"));
  const project = join(folder, "project");
  try {
    deleteLeftOvers(packages);
    mkdirSync(join(folder, "tarballs"));
    const tarballs = await progress.step("Pack", () =>
      packPackages(root, packages, join(folder, "tarballs")),
    );
    // The network is slow and the processor is free meanwhile.
    const [faults] = await progress.step("Check the tarballs, install them", () =>
      Promise.all([
        faultsOfTarballs(root, packages, tarballs),
        installInEmptyProject(project, tarballs, nodeTypesVersion()),
      ]),
    );
    writePrograms(root, packages, project);
    const typeFaults = await progress.step("Compile against the installed types", () =>
      compilePrograms(root, project),
    );
    if (typeFaults.length > 0) return [...faults, ...typeFaults];
    const runFaults = await progress.step("Run the README's client", () =>
      runReadmeClient(project),
    );
    return [...faults, ...runFaults];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {string} The version of `@types/node` that this workspace compiles with. */
function nodeTypesVersion() {
  const manifest = join(root, "node_modules", "@types", "node", "package.json");
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

try {
  const faults = await main();
  for (const fault of faults) console.error(`\n${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
