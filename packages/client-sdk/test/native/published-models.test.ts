// Published models, most of which have recurrent layers, branches or normalisations.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { createNativeTrainer } from "../../src/training/native/native-trainer.ts";
import { reportOf } from "../support/model-report.ts";
import { modelFiles, readExpected, readModel } from "../support/published-models.ts";

const DATA = process.env["TRIBUTARY_DATA"];

describe.skipIf(DATA === undefined)("the models of the published data", () => {
  it("are taken by the native engine where the fused one takes them, with the same gradients", async () => {
    const [fused, native] = [await createFusedTrainer(), await createNativeTrainer()];
    const files = ["models", "keras3"].flatMap((folder) =>
      modelFiles(join(DATA!, folder)).map((path) => join(DATA!, folder, path)),
    );
    for (const file of files) {
      // The native engine takes the place of tfjs in the report.
      const engines = { fused, tfjs: native };
      const { refusals, ...apart } = await reportOf(readModel(file), readExpected(file), engines);
      expect(refusals.tfjs, file).toBe(refusals.fused);
      expect(apart.predictions ?? 0, file).toBeLessThan(1e-5);
      expect(apart.gradients ?? 0, file).toBeLessThan(1e-4);
    }
    expect(files.length).toBeGreaterThan(30);
    fused.dispose();
    native.dispose();
  }, 60_000);
});
