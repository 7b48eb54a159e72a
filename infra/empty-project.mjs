// A project as a user of the packages has it: outside this tree, with nothing in it but the tarballs
// and what npm installs for them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runNpm } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * @param {string} folder - Made if it is missing; must be empty.
 * @param {readonly import("./tarballs.mjs").Tarball[]} tarballs
 * @param {string} nodeTypes - The version of `@types/node` that the project compiles with.
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installInEmptyProject(folder, tarballs, nodeTypes) {
  mkdirSync(folder, { recursive: true });
  const manifest = {
    private: true,
    type: "module",
    dependencies: Object.fromEntries(tarballs.map(({ name, path }) => [name, `file:${path}`])),
    devDependencies: { "@types/node": nodeTypes },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
  const { code, output } = await runNpm(["install", "--prefer-offline", "--no-package-lock"], {
    cwd: folder,
  });
  if (code === 0) return;
  throw new SetupError(
    "The tarballs cannot be installed in an empty project.",
    "The output of npm is above.",
    output,
  );
}
