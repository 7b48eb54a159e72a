// Makes the files of the client SDK that browsers run as they are, from what the compiler has made:
//
// - `worker.js`, the script of the Worker in which a client works, in one file;
// - `worker-text.js`, the same as a text, for pages whose bundler leaves that file behind;
// - `tributary.js`, the SDK for a page without a bundler, with what it loads later beside it.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleJoinPage } from "./bundle-join-page.mjs";
import { FOR_BROWSERS, UNUSED, build } from "./rolldown.mjs";

/**
 * Has the SDK look for the Worker's file beside its own, under whatever path a page serves them.
 * @type {import("vite").Rolldown.Plugin}
 */
const workerBeside = {
  name: "worker-beside",
  transform(code, path) {
    if (!path.endsWith("start-worker.js")) return null;
    const beside = code.replace('"../browser/worker.js"', '"./worker.js"');
    if (beside === code) throw new Error(`${path} does not name the Worker's file`);
    return { code: beside, map: null };
  },
};

/**
 * @param {string} root
 * @returns {Promise<void>}
 */
export async function bundleForBrowsers(root) {
  const dist = join(root, "packages/client-sdk/dist");
  const folder = join(dist, "browser");
  rmSync(folder, { recursive: true, force: true });
  const { output } = await build({
    ...FOR_BROWSERS,
    resolve: { ...FOR_BROWSERS.resolve, alias: UNUSED },
    input: { worker: join(dist, "worker/worker-script.js") },
    output: { dir: folder, format: "es", minify: true, codeSplitting: false },
  });
  // It imports and exports nothing. Tools that look at it take it for a module by this alone.
  const code = `${output.find(({ fileName }) => fileName === "worker.js")?.code ?? ""}export {};\n`;
  writeFileSync(join(folder, "worker.js"), code);
  writeFileSync(join(folder, "worker-text.js"), `export const text = ${JSON.stringify(code)};\n`);
  await build({
    ...FOR_BROWSERS,
    resolve: { ...FOR_BROWSERS.resolve, alias: UNUSED },
    input: { tributary: join(dist, "index.js") },
    plugins: [workerBeside],
    output: {
      dir: folder,
      format: "es",
      minify: true,
      chunkFileNames: "tributary-[name]-[hash].js",
    },
  });
  writeFileSync(join(folder, "tributary.d.ts"), 'export * from "../index.js";\n');
  writeFileSync(join(folder, "worker.d.ts"), "export {};\n");
}

/** Before browser tests, which use these files: what was compiled may be newer. */
export async function setup() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await bundleForBrowsers(root);
  await bundleJoinPage(root);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup();
}
