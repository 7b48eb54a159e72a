import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { DemoResult } from "./support/demo-result.ts";
import { readDigits, sliceDigits, writeDigits } from "./support/digits.ts";
import { published, publishedData } from "./support/published-data.ts";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";
import { startServer, type CheckpointLine, type TaskLine } from "./support/server.ts";
import { loadTfjsFolder, predictDigits, hashOfWeights } from "./support/tfjs-model.ts";

const hash = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

/** What tells one exported model from another: hashes, since comparing megabytes is not what `toEqual` is quick at. */
const modelFiles = async (box: Sandbox, folder: string): Promise<readonly string[]> =>
  Promise.all(["model.json", "weights.bin"].map((name) => hash(box.path(folder, name))));

describe("model export", () => {
  test("writes the same files while a server runs and when none does", async () => {
    const box = await openSandbox();
    const task = await box.write(
      "task.yaml",
      "{ population: p, name: n, model: { builtin: mlp-64 }, round: { goalCount: 2 } }",
    );
    const demo = ["demo", "--clients", "2", "--rounds", "1", "--task", task, "--data-dir", "d"];
    const { checkpoint } = await box.json<DemoResult>(demo);
    const list = ["model", "list", "--data-dir", "d"];
    const stored = await box.json<{ checkpoints: CheckpointLine[] }>(list);
    expect(stored.checkpoints.map(({ roundNumber }) => roundNumber)).toEqual([0, 1]);
    const initial = stored.checkpoints[0]?.id ?? "";
    const exportTo = (out: string, ...more: string[]): Promise<object> =>
      box.json(["model", "export", "--out", out, "--data-dir", "d", ...more]);
    const newest = { checkpoint, roundNumber: 1 };
    expect(await exportTo("stopped")).toEqual({ ...newest, file: "stopped/model.json" });
    await exportTo("stopped-initial", "--checkpoint", initial);
    await exportTo("stopped-flat", "--format", "float32");

    const { adminUrl } = await startServer(box, { dataDir: "d" });
    expect(await box.json(list)).toEqual(stored);
    expect(await exportTo("running")).toEqual({ ...newest, file: "running/model.json" });
    await exportTo("running-initial", "--checkpoint", initial);
    await box.json(["model", "export", "--out", "named", "--admin", adminUrl]);

    const files = await modelFiles(box, "stopped");
    expect(await modelFiles(box, "running")).toEqual(files);
    expect(await modelFiles(box, "named")).toEqual(files);
    expect(await modelFiles(box, "d/model")).toEqual(files);
    expect(await hash(box.path("stopped-flat/parameters.f32"))).toEqual(files[1]);
    const initialFiles = await modelFiles(box, "stopped-initial");
    expect(await modelFiles(box, "running-initial")).toEqual(initialFiles);
    expect(initialFiles[1]).not.toBe(files[1]);
  });
});

describe.skipIf(publishedData === undefined)("a model of one's own", () => {
  test("is where its task begins, bit for bit, and loads again after a round", async () => {
    const box = await openSandbox();
    const source = published("tfjs", "keras_mnist_cnn");
    const training = await readDigits(published("mnist"), "train");
    const digits = sliceDigits(await readDigits(published("mnist"), "t10k"), 0, 20);
    await writeDigits(box.path("digits"), sliceDigits(training, 0, 40), digits);
    const task = await box.write(
      "task.yaml",
      `
        population: digits
        name: keras-cnn
        model: { path: ${source}/model.json }
        plan: { batchSize: 10, optimizer: { name: sgd, learningRate: 0.01 } }
        round: { goalCount: 2 }
      `,
    );
    const demo = ["demo", "--data", "digits", "--clients", "2", "--rounds", "1", "--task", task];
    const result = await box.json<DemoResult>([...demo, "--data-dir", "d"]);
    expect(result.finalAccuracy).toBeGreaterThan(0.9);

    const { checkpoints } = await box.json<{ checkpoints: CheckpointLine[] }>([
      ...["model", "list", "--data-dir", "d"],
    ]);
    const out = ["model", "export", "--data-dir", "d", "--out"];
    await box.json([...out, "initial", "--checkpoint", checkpoints[0]?.id ?? ""]);
    await box.json([...out, "trained"]);
    const weights = await hashOfWeights(source);
    expect(await hashOfWeights(box.path("initial"))).toEqual(weights);
    expect(await hashOfWeights(box.path("trained"))).not.toEqual(weights);

    const [original, initial, trained] = await Promise.all(
      [source, box.path("initial"), box.path("trained")].map(loadTfjsFolder),
    );
    if (original === undefined || initial === undefined || trained === undefined) return;
    const outputs = await predictDigits(original, digits);
    expect(await predictDigits(initial, digits)).toEqual(outputs);
    const after = await predictDigits(trained, digits);
    expect(after).not.toEqual(outputs);
    expect(after.every(Number.isFinite)).toBe(true);
  });

  test("is sent to a running server, weights and all, by task create", async () => {
    const box = await openSandbox();
    const source = published("tfjs", "keras_mnist_cnn");
    await startServer(box);
    const task = await box.write(
      "task.yaml",
      `{ population: digits, name: keras-cnn, model: { path: ${source}/model.json } }`,
    );
    const created = await box.json<TaskLine>(["task", "create", task, "--data-dir", "server"]);
    expect(created).toMatchObject({ name: "keras-cnn", state: "created" });
    const { checkpoint } = await box.json<{ checkpoint: string }>([
      ...["model", "export", "--out", "out", "--data-dir", "server"],
    ]);
    expect(checkpoint).toBe(created.initialCheckpoint);
    expect(await hashOfWeights(box.path("out"))).toEqual(await hashOfWeights(source));
  });

  test("learns to predict values from a CSV file", async () => {
    const box = await openSandbox();
    const table = await readFile(published("tabular", "abalone.csv"), "utf8");
    const sexes = new Map([
      ["M", 1],
      ["F", -1],
      ["I", 0],
    ]);
    const numbers = table.replace(/^[MFI],/gm, (cell) => `${sexes.get(cell[0] ?? "")},`);
    await box.write("abalone.csv", numbers);
    const model = published("tfjs", "abalone-tfjs-node", "model.json");
    const task = await box.write(
      "task.yaml",
      `
        population: shells
        name: abalone
        model: { path: ${model} }
        plan: { loss: meanSquaredError, batchSize: 20, optimizer: { name: sgd, learningRate: 0.01 } }
        round: { goalCount: 4 }
      `,
    );
    const args = ["demo", "--data", "abalone.csv", "--values", "--clients", "4", "--task", task];
    const result = await box.json<DemoResult>([...args, "--rounds", "2", "--seed", "1"]);
    expect(result).toMatchObject({ rounds: 2, finalAccuracy: null });
    // Rings differ from their mean by 10.4 in the square; the model has been trained before.
    expect(result.finalLoss).toBeLessThan(9);
  });
});
