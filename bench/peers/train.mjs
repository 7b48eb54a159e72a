// Trains the same models with Tributary and with PyTorch, on the same core, one after the other.
//   node bench/peers/train.mjs [--models cifar-cnn,mcmahan-cnn] [--engines fused,native] [--batch 10]
//     [--seconds 3] [--repeats 3] [--python python3] [--folder DIR] [--json]
// All have one thread. Each repeat measures all of them within seconds, and the ratios are medians
// over the repeats.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "../record-figures.mjs";
import { measure, measureOurs } from "./measure.mjs";
import { install, pythonEnvironment } from "./python-environment.mjs";
import { median, rounded } from "./report.mjs";

const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: "cifar-cnn,mcmahan-cnn" },
    engines: { type: "string", default: "fused,native" },
    batch: { type: "string", default: "10" },
    seconds: { type: "string", default: "3" },
    repeats: { type: "string", default: "3" },
    python: { type: "string", default: "python3" },
    folder: { type: "string", default: join(tmpdir(), "tributary-peers") },
    json: { type: "boolean", default: false },
  },
});
const { batch, seconds } = options;

/** @param {string} model @param {string} engine @returns {number} */
const stepsOfOurs = (model, engine) =>
  measureOurs(
    [
      ...["train", "--model", model, "--engine", engine, "--batch", batch],
      ...["--seconds", seconds, "--json"],
    ],
    1,
  ).stepsPerSecond;

try {
  const interpreter = pythonEnvironment(options.python, options.folder);
  const missing = install(interpreter, "torch");
  if (missing !== undefined) throw new Error(`PyTorch cannot be installed: ${missing}`);
  const engines = options.engines.split(",");
  const models = Object.fromEntries(
    options.models.split(",").map((model) => {
      const runs = Array.from({ length: Number(options.repeats) }, (_, repeat) => {
        process.stderr.write(`Measuring ${model}, ${repeat + 1} of ${options.repeats}\n`);
        const torch = measure(interpreter, ["torch_train.py", model, batch, seconds], 1);
        const ours = engines.map((engine) => [engine, stepsOfOurs(model, engine)]);
        return { torch: torch.stepsPerSecond, ...Object.fromEntries(ours) };
      });
      const summary = ["torch", ...engines].map((name) => [
        name,
        {
          stepsPerSecond: rounded(median(runs.map((run) => run[name]))),
          ofTorch: rounded(median(runs.map((run) => run[name] / run["torch"]))),
        },
      ]);
      return [model, Object.fromEntries(summary)];
    }),
  );
  const figures = {
    ...{ date: new Date().toISOString(), machine: thisMachine() },
    ...{ batch: Number(batch), models },
  };
  const rows = Object.entries(models).flatMap(([model, all]) =>
    Object.entries(all).map(
      ([name, { stepsPerSecond, ofTorch }]) =>
        `| ${model} | ${name} | ${stepsPerSecond} | ${ofTorch} × |`,
    ),
  );
  const table = ["| model | | steps/s | of PyTorch |", "|---|---|---|---|", ...rows];
  process.stdout.write(`${options.json ? JSON.stringify(figures) : table.join("\n")}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
