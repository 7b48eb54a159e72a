// `node infra/bundlers.mjs`, by hand: shows that an app with the packed client SDK builds in the bundlers
// that people use, without the optional packages. It installs the bundlers, of the versions below, in
// an empty project outside this tree, which takes a minute or two. It publishes nothing.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedPackages } from "./published-packages.mjs";
import { runCommand, runNpm } from "./run-command.mjs";
import { describeError, SetupError } from "./setup-error.mjs";
import { deleteLeftOvers, packPackages } from "./tarballs.mjs";

const BUNDLERS = [
  ...["esbuild@0.28.2", "rollup@4", "vite@8", "webpack@5"],
  ...["@rollup/plugin-commonjs", "@rollup/plugin-node-resolve"],
  ...["next@16", "react@19", "react-dom@19"],
];

/** What each bundler is told to do, as a program of the project. */
const PROGRAMS = {
  esbuild: `
    import { build } from "esbuild";
    await build({ entryPoints: ["app.js"], bundle: true, splitting: true, format: "esm",
      minify: true, outdir: "out-esbuild", logLevel: "error" });`,
  rollup: `
    import { rollup } from "rollup";
    import resolve from "@rollup/plugin-node-resolve";
    import commonjs from "@rollup/plugin-commonjs";
    const plugins = [resolve({ browser: true }), commonjs()];
    const bundle = await rollup({ input: "app.js", plugins, logLevel: "silent" });
    await bundle.write({ dir: "out-rollup", format: "es" });`,
  vite: `
    import { build } from "vite";
    await build({ logLevel: "error", build: { outDir: "out-vite" } });`,
  webpack: `
    import webpack from "webpack";
    const output = { path: process.cwd() + "/out-webpack" };
    webpack({ mode: "production", entry: "./app.js", output }, (error, stats) => {
      if (error === null && !stats.hasErrors()) return;
      console.error(error ?? stats.toString({ all: false, errors: true }));
      process.exitCode = 1;
    });`,
  next: `
    import { spawnSync } from "node:child_process";
    import { createRequire } from "node:module";
    const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
    const { status } = spawnSync(process.execPath, [next, "build"], { stdio: "inherit", env });
    process.exitCode = status ?? 1;`,
};

const APP = `
import { FederatedClient } from "@tributary/client-sdk";
globalThis.join = (options) => new FederatedClient(options).participate();
`;

/**
 * The app as a page of Next, which runs it twice: in Node, to write the page's HTML, and in the browser.
 * @type {Readonly<Record<string, string>>}
 */
const NEXT_APP = {
  "app/layout.js": `
export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
  "app/page.js": `
"use client";
import { FederatedClient } from "@tributary/client-sdk";

export default function Page() {
  const join = () => new FederatedClient({}).participate();
  return <button onClick={join}>Take part</button>;
}
`,
};

/** @param {string} folder - Empty. */
async function main(folder) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const packages = publishedPackages(root).filter(({ name }) =>
    ["@tributary/client-sdk", "@tributary/protocol"].includes(name),
  );
  deleteLeftOvers(packages);
  const tarballs = await packPackages(root, packages, folder);
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(project, "app.js"), APP);
  writeFileSync(join(project, "index.html"), '<script type="module" src="/app.js"></script>\n');
  mkdirSync(join(project, "app"));
  for (const [path, code] of Object.entries(NEXT_APP)) writeFileSync(join(project, path), code);
  const { code, output } = await runNpm(
    ["install", "--no-audit", "--no-fund", ...tarballs.map(({ path }) => path), ...BUNDLERS],
    { cwd: project },
  );
  if (code !== 0) {
    throw new SetupError("The project cannot be installed.", "The output of npm is above.", output);
  }
  for (const [name, program] of Object.entries(PROGRAMS)) {
    writeFileSync(join(project, `${name}.mjs`), program);
    const built = await runCommand(process.execPath, [`${name}.mjs`], { cwd: project });
    console.log(`${name}: ${built.code === 0 ? "builds" : `does not build\n${built.output}`}`);
    if (built.code !== 0) process.exitCode = 1;
  }
}

const folder = mkdtempSync(join(tmpdir(), "tributary-bundlers-"));
try {
  await main(folder);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
