import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTfjsTrainer, type TfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { planFor } from "./support/model-task.ts";
import { modelFiles, readExpected, readModel } from "./support/published-models.ts";

const DATA = process.env["TRIBUTARY_DATA"];
const folder = join(DATA ?? "", "keras3");

describe.skipIf(DATA === undefined)("a model that Keras 3 exported", () => {
  let tfjs: TfjsTrainer;
  beforeAll(async () => {
    tfjs = await createTfjsTrainer({ backend: "wasm" });
  });
  afterAll(() => tfjs.dispose());

  it.each(DATA === undefined ? [] : modelFiles(folder))(
    "%s predicts what Keras predicts",
    async (path) => {
      const file = join(folder, path);
      const { description, values } = readModel(file);
      const { x, shape, y } = readExpected(file)!;
      const request = { plan: planFor(description), weights: values };
      const features = {
        features: Float32Array.from(x),
        featureShape: shape.slice(1),
        count: shape[0]!,
      };
      const outputs = await tfjs.predict({ ...request, ...features });
      expect(outputs.length).toBe(y.length);
      const furthest = Math.max(...y.map((value, i) => Math.abs(value - outputs[i]!)));
      expect(furthest).toBeLessThan(1e-5);
    },
  );
});
