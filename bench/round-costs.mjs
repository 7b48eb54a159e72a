// Measures what a round costs: bytes per client, the server's memory with 10 and with 100 clients, and the time that the
// demo takes.
//   node bench/round-costs.mjs [--record]
// The server is the published command in a process of its own. The clients run in this process. They are real ones (SDK,
// TLS, channel, codec), except that they do not train but add noise to the weights, which leaves the processor to the
// server. `--record` writes the figures to bench/results/ and to bench/README.md.
import { spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { FederatedClient } from "@tributary/client-sdk";
import { provenance, recordFigures, thisMachine } from "./record-figures.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const command = join(root, "packages/cli/dist/main.js");
const SEED = 7;
const ROUNDS = 4;

/** @param {string[]} args */
async function runJson(args) {
  const child = spawn(process.execPath, [command, ...args, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (piece) => (text += piece));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`tributary ${args.join(" ")} ended with ${code}: ${text}`);
  return JSON.parse(text);
}

/**
 * A trainer that takes hardly any time: it adds a little noise to the weights.
 * @type {import("@tributary/client-sdk").LocalTrainer}
 */
const noiseTrainer = {
  train({ weights, examples, plan }) {
    const next = weights.slice();
    for (let i = 0; i < next.length; i++)
      next[i] = (next[i] ?? 0) + ((i * 2_654_435_761) % 1_000) * 1e-6;
    const metrics = Object.fromEntries(
      ["loss", ...plan.training.metrics].map((name) => [name, 0.5]),
    );
    return Promise.resolve({ weights: next, metrics, steps: 1, exampleCount: examples.count });
  },
  evaluate: () => Promise.resolve({}),
  predict: () => Promise.resolve(new Float32Array(0)),
  dispose() {},
};

/** The memory of a process, now and at most. @param {number} pid */
function memoryMiB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kiB = (/** @type {string} */ name) =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return { now: Math.round(kiB("VmRSS") / 1024), peak: Math.round(kiB("VmHWM") / 1024) };
}

/**
 * Runs a few rounds with real clients on a server of its own.
 * @param {number} clients
 * @param {string} model - One of the built-in models.
 */
async function serverMemory(clients, model) {
  const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
  const server = spawn(
    process.execPath,
    [
      command,
      "serve",
      "--port",
      "0",
      "--admin-port",
      "0",
      "--data-dir",
      folder,
      "--log-level",
      "warn",
      "--json",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // each of the clients listens to it
  /** @type {Promise<void>[]} */
  const running = [];
  try {
    const line = await new Promise((resolve) =>
      createInterface(server.stdout).once("line", resolve),
    );
    const { url, serverKey, certPath } = JSON.parse(line);
    const idle = memoryMiB(server.pid ?? 0);
    const taskFile = join(folder, "task.yaml");
    const round = { goalCount: clients, overselection: 1, minimumFraction: 1 };
    const task = {
      population: "bench",
      name: "bench",
      model: { builtin: model },
      plan: {
        batchSize: 10,
        loss: "categoricalCrossentropy",
        update: { codec: "uniform", bits: 8 },
      },
      round: { ...round, selectionTimeoutMs: 600_000, reportingTimeoutMs: 600_000 },
      eligibility: { minimumExamples: 1 },
      stop: { rounds: ROUNDS },
    };
    writeFileSync(taskFile, JSON.stringify(task));
    const created = await runJson(["task", "create", taskFile, "--start", "--data-dir", folder]);
    const examples = {
      features: new Float32Array(784),
      featureShape: [784],
      labels: new Int32Array(1),
      labelShape: [],
      count: 1,
    };
    for (let i = 0; i < clients; i++) {
      const client = new FederatedClient({
        url,
        serverKey,
        population: "bench",
        examples,
        trainer: noiseTrainer,
        tls: { ca: readFileSync(certPath, "utf8") },
      });
      running.push(takePart(client, stopping.signal));
    }
    await Promise.all(running);
    const { rounds } = await runJson(["round", "list", "--task", created.id, "--data-dir", folder]);
    const committed = rounds.filter(
      (/** @type {{ outcome: string }} */ r) => r.outcome === "committed",
    );
    const last = committed.at(-1);
    const memory = memoryMiB(server.pid ?? 0);
    return {
      clients,
      rounds: committed.length,
      reportsInLastRound: last.reported,
      idleRssMiB: idle.now,
      peakRssMiB: memory.peak,
      rssAfterMiB: memory.now,
      bytesUpPerClient: Math.round(last.bytesUp / last.reported),
      bytesDownPerClient: Math.round(last.bytesDown / last.reported),
      secondsPerRound: (last.endedAtMs - last.startedAtMs) / 1_000,
    };
  } finally {
    stopping.abort();
    await Promise.allSettled(running);
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("close", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {FederatedClient} client
 * @param {AbortSignal} signal
 */
async function takePart(client, signal) {
  for await (const event of client.participate({ signal })) {
    if (event.type === "withdrawn") throw event.error;
    if (event.type === "round-finished" && event.taskFinished) break;
  }
  await client.close();
}

const demoFolder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
const demo = await runJson(["demo", "--seed", String(SEED), "--data-dir", demoFolder]);
rmSync(demoFolder, { recursive: true, force: true });

const PARAMETERS = { "mcmahan-2nn": 199_210, "mcmahan-cnn": 1_663_370 };
const memory = [];
for (const [model, parameters] of Object.entries(PARAMETERS)) {
  for (const clients of [10, 100]) {
    const figures = await serverMemory(clients, model);
    memory.push({
      model,
      parameters,
      upShareOfFloat32: figures.bytesUpPerClient / (4 * parameters),
      ...figures,
    });
  }
}

const result = {
  bench: "round-costs",
  date: new Date().toISOString(),
  seed: SEED,
  machine: thisMachine(),
  demo: {
    seconds: demo.seconds,
    finalAccuracy: demo.finalAccuracy,
    clients: demo.clients,
    rounds: demo.rounds,
    bytesUpPerClientRound: demo.bytesUpPerClientRound,
    bytesDownPerClientRound: demo.bytesDownPerClientRound,
    upShareOfFloat32: demo.bytesUpPerClientRound / demo.float32BytesPerUpdate,
  },
  serverMemory: memory,
};
console.log(JSON.stringify(result, undefined, 2));
if (process.argv.includes("--record")) record(result);

/** @param {typeof result} figures */
function record(figures) {
  const { demo: run } = figures;
  const rows = figures.serverMemory.map((row) =>
    [
      row.model,
      row.clients,
      (row.bytesUpPerClient / 1_000).toFixed(0),
      `${(100 * row.upShareOfFloat32).toFixed(1)} %`,
      (row.bytesDownPerClient / 1_000).toFixed(0),
      row.idleRssMiB,
      row.rssAfterMiB,
      row.peakRssMiB,
      row.secondsPerRound.toFixed(2),
    ].join(" | "),
  );
  recordFigures("round-costs", figures, "figures", [
    provenance(figures),
    `The demo (${run.clients} clients, ${run.rounds} rounds) took ${run.seconds} s and ended at ${(100 * run.finalAccuracy).toFixed(2)} % on held-out writers.`,
    "",
    "| model | clients | kB up a client and round | of float32 | kB down | server at rest, MiB | after, MiB | peak, MiB | s a round |",
    "|---|---|---|---|---|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ]);
}
