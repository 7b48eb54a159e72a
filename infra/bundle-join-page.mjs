// Makes the join page of what the compiler has made of it, and puts it into the server's package:
// scripts, the Worker of the client SDK, and a service worker that knows the names of all files.
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FOR_BROWSERS, build } from "./rolldown.mjs";

/**
 * @param {string} root
 * @returns {Promise<void>}
 */
export async function bundleJoinPage(root) {
  const page = join(root, "packages/join-page");
  const folder = join(root, "packages/server/assets/join-page");
  rmSync(folder, { recursive: true, force: true });
  await build({
    ...FOR_BROWSERS,
    input: { main: join(page, "dist/main.js") },
    // The other build of csv-parse needs Node's Buffer.
    resolve: { ...FOR_BROWSERS.resolve, alias: { "csv-parse/sync": "csv-parse/browser/esm/sync" } },
    output: { dir: folder, format: "es", minify: true, chunkFileNames: "[name]-[hash].js" },
  });
  cpSync(join(page, "public"), folder, { recursive: true });
  copyFileSync(join(root, "packages/client-sdk/dist/browser/worker.js"), join(folder, "worker.js"));
  const built = filesOf(folder);
  const { output } = await build({
    ...FOR_BROWSERS,
    input: { "service-worker": join(page, "dist/service-worker.js") },
    output: { dir: folder, format: "es", minify: true },
  });
  const [script] = output;
  if (script === undefined) throw new Error("The service worker was not bundled");
  writeFileSync(join(folder, script.fileName), `const BUILT=${built};${script.code}`);
}

/** Chunks that the page loads only where the browser lacks something: nobody keeps them in advance. */
const SELDOM = /^(worker-text|libsodium|own-thread|tfjs-trainer|reference-kernels)/;

/**
 * What the service worker keeps. The version is a hash of all files.
 * @param {string} folder
 * @returns {string} As JSON.
 */
function filesOf(folder) {
  const names = readdirSync(folder).filter((name) => !SELDOM.test(name));
  const hash = createHash("sha256");
  for (const name of names) hash.update(readFileSync(join(folder, name)));
  const files = names.map((name) => (name === "index.html" ? "./" : name));
  return JSON.stringify({ version: hash.digest("hex").slice(0, 16), files });
}
