// Makes the files of the client SDK that browsers run as they are, from what the compiler has made:
//
// - `worker.js`, the script of the Worker in which a client works, in one file;
// - `worker-text.js`, the same as a text, for pages whose bundler leaves that file behind;
// - `tributary.js`, the SDK for a page without a bundler, with what it loads later beside it.
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Vite brings Rolldown. Vite itself would move the Worker's file elsewhere.
const vite = createRequire(import.meta.url).resolve("vite/package.json");
const rolldown = createRequire(vite).resolve("rolldown");
/** @type {{ build(options: object): Promise<{ output: readonly { fileName: string, code?: string }[] }> }} */
const { build } = await import(pathToFileURL(rolldown).href);

/** Loaded by name when a plan needs them: a page without a bundler says in an import map where. */
const OPTIONAL = [/^@tensorflow\//, /^gpt-tokenizer/];

/**
 * @param {string} root
 * @returns {Promise<void>}
 */
export async function bundleForBrowsers(root) {
  const dist = join(root, "packages/client-sdk/dist");
  const folder = join(dist, "browser");
  rmSync(folder, { recursive: true, force: true });
  const common = {
    platform: "browser",
    resolve: { conditionNames: ["browser", "import", "default"] },
    external: OPTIONAL,
    logLevel: "warn",
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
  };
  const { output } = await build({
    ...common,
    input: { worker: join(dist, "worker/worker-script.js") },
    output: { dir: folder, format: "es", minify: true, codeSplitting: false },
  });
  const code = output.find(({ fileName }) => fileName === "worker.js")?.code ?? "";
  writeFileSync(join(folder, "worker-text.js"), `export const text = ${JSON.stringify(code)};\n`);
  await build({
    ...common,
    input: { tributary: join(dist, "index.js") },
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
export const setup = () => bundleForBrowsers(fileURLToPath(new URL("..", import.meta.url)));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup();
}
