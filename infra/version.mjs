// The version of a package stands in its package.json. A program in a browser cannot read that file,
// so packages that tell their version to others have it in src/version.generated.ts as well, which
// this writes: `npm run version` raises the versions and then runs it.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @param {string} root
 * @returns {readonly { path: string, text: string }[]} Each generated file and what it must say.
 */
export function versionFiles(root) {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .map((folder) => ({ folder, path: join(folder, "src", "version.generated.ts") }))
    .filter(({ path }) => existsSync(path))
    .map(({ folder, path }) => ({ path, text: versionSource(folder) }));
}

/** @param {string} folder - Of a package. */
function versionSource(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `// Generated from package.json by \`node infra/version.mjs\`. Do not edit.

/** The version of ${name}. */
export const VERSION = ${JSON.stringify(version)};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of versionFiles(fileURLToPath(new URL("..", import.meta.url)))) {
    writeFileSync(path, text);
  }
}
