import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DemoResult } from "./support/demo-result.ts";
import { readDigits } from "./support/digits.ts";
import { published, publishedData } from "./support/published-data.ts";
import { Sandbox } from "./support/sandbox.ts";
import { countRight, loadTfjsFolder } from "./support/tfjs-model.ts";

const SHARED = ["--data", published("mnist"), "--clients", "10", "--rounds", "10", "--seed", "7"];
/** A run takes about a minute on two free cores, which it may have to share. */
const RUN_LIMIT_MS = 600_000;

describe.skipIf(publishedData === undefined)("the demo on MNIST with ten clients", () => {
  let box: Sandbox;
  let result: DemoResult;

  beforeAll(async () => {
    box = await Sandbox.open();
    result = await box.json(["demo", ...SHARED, "--data-dir", "first"]);
  }, RUN_LIMIT_MS);
  afterAll(() => box.close());

  test("classifies 95 % of the test digits correctly after ten rounds", () => {
    expect(result).toMatchObject({ rounds: 10, clients: 10, seed: 7 });
    expect(result.finalAccuracy).toBeGreaterThanOrEqual(0.95);
    expect(result.bytesUpPerClientRound).toBeLessThanOrEqual(0.3 * result.float32BytesPerUpdate);
  });

  test("exports a model that plain tfjs loads and that classifies as many digits correctly", async () => {
    const args = ["model", "export", "--format", "tfjs", "--out", "out", "--data-dir", "first"];
    const exported = await box.json<object>(args);
    expect(exported).toEqual({
      checkpoint: result.checkpoint,
      roundNumber: 10,
      file: "out/model.json",
    });
    const model = await loadTfjsFolder(box.path("out"));
    const digits = await readDigits(published("mnist"), "t10k");
    const right = await countRight(model, digits);
    // The cpu backend adds in another order than the demo's trainer, so that one digit may be classified differently.
    expect(Math.abs(right - Math.round(10_000 * (result.finalAccuracy ?? 0)))).toBeLessThanOrEqual(
      1,
    );
    model.dispose();
  });
});
