// What a user of the packages does with them: compiles against their types, starts a server, and runs
// the README's client.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { runCommand } from "./run-command.mjs";

/** @typedef {import("./published-packages.mjs").PublishedPackage} PublishedPackage */

/** The three ways to resolve imports that packages of ES modules are for. */
const MODULE_SETTINGS = {
  node16: { module: "node16" },
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

/**
 * Where compilers find faults that are not ours. The declarations of TensorFlow.js 4.22 do not pass
 * without `skipLibCheck`, and the `@webgpu/types` that it brings says again what TypeScript 7 has in
 * its own lib.dom.d.ts.
 */
const FAULTS_OF_TENSORFLOW =
  /^(node_modules\/@tensorflow\/|node_modules\/@webgpu\/types\/|\S*\/lib\.dom\.d\.ts\()/;

const COMPILE_LIMIT_MS = 2 * 60_000;
const CLIENT_LIMIT_MS = 2 * 60_000;

/**
 * Writes two programs: `plain/` imports every entry point that has nothing to do with TensorFlow.js,
 * and `tfjs/` the others. Each README's TypeScript is in the program that its package belongs to.
 * @param {string} root
 * @param {readonly PublishedPackage[]} packages
 * @param {string} project
 */
export function writePrograms(root, packages, project) {
  for (const { name, folder, manifest, entryPoints } of packages) {
    const program = join(project, usesTensorFlow(manifest) ? "tfjs" : "plain");
    mkdirSync(program, { recursive: true });
    const file = name.split("/")[1];
    const imports = entryPoints.map(
      (entryPoint, index) => `export * as entryPoint${index} from "${entryPoint.name}";\n`,
    );
    writeFileSync(join(program, `${file}.ts`), imports.join(""));
    const readme = readFileSync(join(folder, "README.md"), "utf8");
    for (const [index, block] of typescriptOf(readme).entries()) {
      writeFileSync(join(program, `${file}-readme-${index}.ts`), block);
    }
  }
  const readme = readFileSync(join(root, "README.md"), "utf8");
  writeFileSync(join(project, "tfjs", "client.ts"), readmeClient(readme));
}

/**
 * Compiles both programs under each module setting with `skipLibCheck: false`, and writes the
 * JavaScript of `nodenext` beside the sources.
 * @param {string} root
 * @param {string} project
 * @returns {Promise<readonly string[]>} One text for each setting that fails.
 */
export async function compilePrograms(root, project) {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const faults = [];
  for (const [setting, options] of Object.entries(MODULE_SETTINGS)) {
    for (const program of ["plain", "tfjs"]) {
      const isForBrowsers = program === "tfjs";
      const config = join(project, `tsconfig.${program}.${setting}.json`);
      writeFileSync(
        config,
        JSON.stringify({
          compilerOptions: {
            ...options,
            target: "es2022",
            lib: ["es2023", ...(isForBrowsers ? ["dom", "dom.asynciterable"] : [])],
            types: ["node"],
            strict: true,
            skipLibCheck: false,
            noEmit: setting !== "nodenext",
          },
          include: [program],
        }),
      );
      const { code, output } = await runCommand(
        process.execPath,
        [compiler, "--pretty", "false", "-p", config],
        { cwd: project, timeLimitMs: COMPILE_LIMIT_MS },
      );
      if (code === 0) continue;
      // A fault has one line, and more lines that begin with a space.
      const own = output
        .split(/\n(?!\s)/)
        .filter((fault) => fault !== "" && !(isForBrowsers && FAULTS_OF_TENSORFLOW.test(fault)));
      if (own.length > 0) faults.push(`${program}, module ${setting}:\n${own.join("\n")}`);
    }
  }
  return faults;
}

/**
 * Starts a server with the installed command, gives it a task of one round, and runs the README's
 * client until the round is committed and the model is there.
 * @param {string} project - Compiled.
 * @returns {Promise<readonly string[]>} What went wrong; empty when nothing did.
 */
export async function runReadmeClient(project) {
  const command = join(project, "node_modules", "@tributary", "cli", "dist", "main.js");
  writeFileSync(join(project, "task.yaml"), TASK);
  const server = spawn(
    process.execPath,
    [
      ...[command, "serve", "--plain", "--port", "0", "--admin-port", "0", "--json"],
      ...["--data-dir", "server", "--log-level", "warn", "--minimum-cohort", "1"],
    ],
    { cwd: project, stdio: ["ignore", "pipe", "inherit"], env: withoutSettings() },
  );
  const ended = new Promise((resolve) => server.once("close", resolve));
  try {
    const address = await firstLine(server.stdout);
    if (address === undefined) return ["The installed server ended before it said its address."];
    const { url, serverKey } = JSON.parse(address);
    const task = await runCommand(
      process.execPath,
      [command, "task", "create", "task.yaml", "--start", "--data-dir", "server"],
      { cwd: project, env: UNSET },
    );
    if (task.code !== 0) return [`The installed command cannot create a task:\n${task.output}`];
    const client = await runCommand(process.execPath, [join("tfjs", "client.js")], {
      cwd: project,
      env: { ...UNSET, SERVER_URL: url, SERVER_KEY: serverKey },
      timeLimitMs: CLIENT_LIMIT_MS,
    });
    return client.code === 0 && client.output.includes(CLIENT_SUCCESS)
      ? []
      : [`The README's client does not come to its model:\n${client.output}`];
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

const CLIENT_SUCCESS = "the model takes 28,28,1 and gives 10";

const TASK = `
population: keyboard
name: readme
model: { builtin: mcmahan-cnn }
plan: { batchSize: 10, update: { codec: uniform, bits: 8 } }
round: { goalCount: 1, overselection: 1, minimumFraction: 1 }
publicModel: true
stop: { rounds: 1 }
`;

/** Settings of whoever runs this, which the installed command must not take for its own. */
const UNSET = { DATABASE_URL: undefined, TRIBUTARY_ADMIN_TOKEN: undefined };

function withoutSettings() {
  return { ...process.env, ...UNSET };
}

/**
 * The README's client, with the address and the key of a real server in place of the README's, and
 * with the variables that the README leaves to its reader.
 * @param {string} readme
 * @returns {string}
 */
function readmeClient(readme) {
  const block = typescriptOf(readme).find((text) => text.includes("new FederatedClient("));
  if (block === undefined) throw new Error("The README shows no FederatedClient.");
  return `
import type { ParticipationEvent } from "@tributary/client-sdk";

const count = 20;
const features = Float32Array.from({ length: count * 784 }, (_, index) => (index % 7) / 7);
const labels = Int32Array.from({ length: count }, (_, index) => index % 10);
const stop = new AbortController();
const { signal } = stop;
function show(event: ParticipationEvent): void {
  console.log(JSON.stringify(event));
  if (event.type === "round-finished" && event.outcome.type === "committed") stop.abort();
}

${block
  .replace(/"wss:[^"]*"/, 'process.env["SERVER_URL"] ?? ""')
  .replace(
    /"tributary-key-v1:[^"]*",/,
    'process.env["SERVER_KEY"] ?? "", floors: { minimumCohort: 1 },',
  )}

const shapeOf = (end: "inputs" | "outputs") => String(model[end][0]?.shape.slice(1));
console.log(\`the model takes \${shapeOf("inputs")} and gives \${shapeOf("outputs")}\`);
await client.close();
process.exit(0);
`;
}

/**
 * @param {Record<string, unknown>} manifest
 * @returns {boolean}
 */
function usesTensorFlow(manifest) {
  return (
    "@tensorflow/tfjs" in
    { ...Object(manifest["peerDependencies"]), ...Object(manifest["dependencies"]) }
  );
}

/**
 * @param {string} markdown
 * @returns {string[]} Its blocks of `ts`.
 */
function typescriptOf(markdown) {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
}

/**
 * @param {import("node:stream").Readable} stream
 * @returns {Promise<string | undefined>}
 */
async function firstLine(stream) {
  for await (const line of createInterface({ input: stream })) return line;
  return undefined;
}
