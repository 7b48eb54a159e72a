import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTaskFile } from "../src/files/task-file.ts";

const layer = (name: string, trainable: boolean): object => ({
  class_name: "Dense",
  config: { name, trainable, units: 1 },
});

/** A model whose first layer is frozen, and that was compiled. */
const MODEL = {
  modelTopology: {
    class_name: "Sequential",
    config: { name: "model", layers: [layer("base", false), layer("head", true)] },
  },
  trainingConfig: {
    loss: "mean_squared_error",
    optimizer_config: { class_name: "Adam", config: { learningRate: 0.01 } },
  },
  weightsManifest: [
    {
      paths: ["weights.bin"],
      weights: ["base/kernel", "head/kernel"].map((name) => ({
        ...{ name, shape: [1, 1], dtype: "float32" },
      })),
    },
  ],
};

describe("a task file with a model of its own", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tributary-task-"));
    await writeFile(join(folder, "model.json"), JSON.stringify(MODEL));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = async (...lines: readonly string[]): ReturnType<typeof readTaskFile> => {
    const file = join(folder, "task.yaml");
    const text = ["population: p", "name: n", "model: { path: model.json }", ...lines].join("\n");
    await writeFile(file, text);
    return readTaskFile(file);
  };

  it("takes from the model what it leaves out", async () => {
    const task = await read("plan: { batchSize: 5 }");
    expect(task.model).toEqual({ path: join(folder, "model.json") });
    expect(task.plan).toMatchObject({
      ...{ batchSize: 5, trainable: ["head"], loss: "meanSquaredError", metrics: [] },
      optimizer: { name: "adam", learningRate: 0.01, beta1: 0.9 },
    });
  });

  it("has the last word", async () => {
    const task = await read("plan: { trainable: all, loss: huberLoss, optimizer: { name: sgd } }");
    expect(task.plan).toMatchObject({
      ...{ trainable: "all", loss: "huberLoss", optimizer: { name: "sgd", learningRate: 0.1 } },
    });
  });

  it("is refused with the name of the file that cannot be read", async () => {
    await rm(join(folder, "model.json"));
    await expect(read()).rejects.toMatchObject({ code: "DATA_UNREADABLE" });
  });
});
