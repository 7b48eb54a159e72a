import { seededRandom, transformerModel } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Examples } from "../src/index.ts";
import { createFusedTrainer, type FusedTrainer } from "../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer, type TfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { differentiate, expectTrueGradient, oneStepPlan } from "./support/finite-differences.ts";
import { rejectionOf } from "./support/rejection.ts";

const WINDOW = 6;
const COUNT = 4;
const SIZES = { vocabulary: 7, window: WINDOW, width: 8, blocks: 1, heads: 2 };

/** Windows of tokens, with the next token at each position. */
function windows(): Examples {
  const text = Int32Array.from({ length: COUNT * WINDOW + 1 }, (_, i) => (i * i + 3 * i) % 7);
  return {
    ...{ features: Float32Array.from(text.subarray(0, -1)), featureShape: [WINDOW], count: COUNT },
    ...{ labels: text.slice(1), labelShape: [WINDOW] },
  };
}

describe("the builtin char-transformer", () => {
  const { description, values } = transformerModel(
    SIZES,
    seededRandom(createNodeCryptoProvider(), 3),
  );
  // At their first values the embeddings of positions and the biases would hardly matter.
  const weights = values.map((value, i) => value + 0.1 * Math.sin(1.7 * i));
  const plan = oneStepPlan(description, "sparseCategoricalCrossentropy");
  const problem = { plan, weights, examples: windows() };
  let fused: FusedTrainer;
  let tfjs: TfjsTrainer;
  beforeAll(async () => {
    fused = await createFusedTrainer();
    tfjs = await createTfjsTrainer({ backend: "wasm" });
  });
  afterAll(() => {
    fused.dispose();
    tfjs.dispose();
  });

  it("has the same loss and gradients in both engines, with a label at each position", async () => {
    const [one, other] = [await differentiate(fused, problem), await differentiate(tfjs, problem)];
    expect(Math.abs(one.loss - other.loss)).toBeLessThan(1e-5);
    const apart = one.gradient.map((value, i) => Math.abs(value - other.gradient[i]!));
    expect(Math.max(...apart)).toBeLessThan(3e-5);
  });

  // Those of tfjs are the same, as shown above.
  it("has gradients that are the slopes of the loss", async () => {
    await expectTrueGradient(fused, problem);
  });

  it("predicts a token without a look at later ones", async () => {
    const { features, featureShape, count } = problem.examples;
    const changed = features.map((token, i) => (i % WINDOW === WINDOW - 1 ? 6 - token : token));
    for (const trainer of [fused, tfjs]) {
      const predict = (inputs: Float32Array): Promise<Float32Array> =>
        trainer.predict({ plan, weights, features: inputs, featureShape, count });
      const [before, after] = [await predict(features), await predict(changed)];
      const isLast = (i: number): boolean =>
        Math.floor(i / SIZES.vocabulary) % WINDOW === WINDOW - 1;
      expect(after.filter((_, i) => !isLast(i))).toEqual(before.filter((_, i) => !isLast(i)));
      expect(after).not.toEqual(before);
    }
  });

  it("refuses features and labels that are no tokens", async () => {
    const { features, labels } = windows();
    const wrong = [
      [{ features: features.map(() => 7) }, "has the feature 7"],
      [{ features: features.map(() => 1.5) }, "has the feature 1.5"],
      [{ labels: labels.map(() => 7) }, "classes go from 0 to 6"],
    ] as const;
    for (const trainer of [fused, tfjs]) {
      for (const [part, message] of wrong) {
        const examples: Examples = { ...windows(), ...part };
        const error = await rejectionOf(differentiate(trainer, { ...problem, examples }));
        expect(error.code).toBe("EXAMPLES_INVALID");
        expect(error.message).toContain(message);
      }
    }
  });

  it("is trained to the same bits by the plain twin of the kernels", async () => {
    const twin = await createFusedTrainer({ backend: "reference" });
    expect(await differentiate(twin, problem)).toEqual(await differentiate(fused, problem));
    twin.dispose();
  });
});
