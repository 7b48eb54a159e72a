import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FusedTrainer } from "../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer, type TfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { planFor } from "./support/model-task.ts";
import { modelFiles, readExpected, readModel } from "./support/published-models.ts";

const DATA = process.env["TRIBUTARY_DATA"];
const folder = join(DATA ?? "", "keras3");

describe.skipIf(DATA === undefined)("a model that Keras 3 exported", () => {
  let tfjs: TfjsTrainer;
  let fused: FusedTrainer;
  beforeAll(async () => {
    tfjs = await createTfjsTrainer({ backend: "wasm" });
    fused = await createFusedTrainer();
  });
  afterAll(() => {
    tfjs.dispose();
    fused.dispose();
  });

  it.each(DATA === undefined ? [] : modelFiles(folder))(
    "%s predicts what Keras predicts",
    async (path) => {
      const file = join(folder, path);
      const { description, values } = readModel(file);
      const { x, shape, y } = readExpected(file)!;
      const request = { plan: planFor(description, { loss: "meanSquaredError" }), weights: values };
      const features = {
        features: Float32Array.from(x),
        featureShape: shape.slice(1),
        count: shape[0]!,
      };
      for (const trainer of [tfjs, fused]) {
        const outputs = await trainer.predict({ ...request, ...features });
        expect(outputs.length).toBe(y.length);
        const furthest = Math.max(...y.map((value, i) => Math.abs(value - outputs[i]!)));
        expect(furthest).toBeLessThan(1e-5);
      }
    },
  );
});
