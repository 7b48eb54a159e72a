import { expect, test } from "vitest";
import type { DemoResult } from "./support/demo-result.ts";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";

/** A model that normalises three features as they come, and then tells three classes apart. */
async function writeModel(box: Sandbox): Promise<void> {
  const layers = [
    { class_name: "BatchNormalization", config: { name: "bn", batch_input_shape: [null, 3] } },
    { class_name: "Dense", config: { name: "out", units: 3, activation: "softmax" } },
  ];
  const weights = [
    { name: "bn/gamma", shape: [3] },
    { name: "bn/beta", shape: [3] },
    { name: "out/kernel", shape: [3, 3] },
    { name: "out/bias", shape: [3] },
    { name: "bn/moving_mean", shape: [3] },
    { name: "bn/moving_variance", shape: [3] },
  ].map((weight) => ({ ...weight, dtype: "float32" }));
  await box.write(
    "model.json",
    JSON.stringify({
      modelTopology: { class_name: "Sequential", config: { name: "normalised", layers } },
      weightsManifest: [{ paths: ["weights.bin"], weights }],
    }),
  );
  const values = [1, 1, 1, 0, 0, 0, ...Array<number>(12).fill(0), 0, 0, 0, 1, 1, 1];
  await box.write("weights.bin", new Uint8Array(Float32Array.from(values).buffer));
}

/** A table whose features have nothing in common: grams, metres and years. */
function rawTable(rows: number): string {
  const lines = ["mass,length,year,species"];
  for (let i = 0; i < rows; i++) {
    const species = i % 3;
    const noise = (k: number): number => Math.sin(i * k) + Math.sin(i * (k + 0.37));
    const mass = 4_000 + 900 * species + 100 * noise(1.1);
    const length = 0.2 - 0.02 * (species === 1 ? 2 : 0) + 0.003 * noise(2.3);
    const year = 2_007 + noise(3.7);
    lines.push(`${mass},${length},${year},${"abc"[species]}`);
  }
  return `${lines.join("\n")}\n`;
}

test("a net that normalises raw features learns them in one bit a value, under a clip norm", async () => {
  const box = await openSandbox();
  await writeModel(box);
  await box.write("table.csv", rawTable(300));
  const task = await box.write(
    "task.json",
    JSON.stringify({
      population: "tables",
      name: "raw-features",
      model: { path: "./model.json" },
      plan: {
        optimizer: { name: "sgd", learningRate: 0.5 },
        clipNorm: 5,
        update: { codec: "eden", bits: 1 },
        download: { encoding: "float16" },
      },
      round: { goalCount: 3, overselection: 1, minimumFraction: 1 },
      stop: { rounds: 6 },
    }),
  );
  const args = ["demo", "--data", "table.csv", "--clients", "3", "--threads", "1", "--seed", "2"];
  const result = await box.json<DemoResult>([...args, "--task", task]);
  expect(result.finalAccuracy).toBeGreaterThanOrEqual(0.98);
});
