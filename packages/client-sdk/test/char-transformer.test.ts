import { seededRandom, transformerModel } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Examples } from "../src/index.ts";
import type { FusedTrainer } from "../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer, type TfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { differentiate, expectTrueGradient, oneStepPlan } from "./support/finite-differences.ts";
import { rejectionOf } from "./support/rejection.ts";

const WINDOW = 6;
const COUNT = 4;
const SIZES = { vocabulary: 7, window: WINDOW, width: 8, blocks: 1, heads: 2 };

/** Windows of tokens, with the next token at each position. */
function windows(window = WINDOW): Examples {
  const text = Int32Array.from({ length: COUNT * window + 1 }, (_, i) => (i * i + 3 * i) % 7);
  return {
    ...{ features: Float32Array.from(text.subarray(0, -1)), featureShape: [window], count: COUNT },
    ...{ labels: text.slice(1), labelShape: [window] },
  };
}

/** The model for windows of a length, with a plan that trains it by one step. */
function problemOf(window: number) {
  const { description, values } = transformerModel(
    { ...SIZES, window },
    seededRandom(createNodeCryptoProvider(), 3),
  );
  // At their first values the embeddings of positions and the biases would hardly matter.
  const weights = values.map((value, i) => value + 0.1 * Math.sin(1.7 * i));
  const plan = oneStepPlan(description, "sparseCategoricalCrossentropy");
  return { plan, weights, examples: windows(window) };
}

describe("the builtin char-transformer", () => {
  const problem = problemOf(WINDOW);
  const { plan, weights } = problem;
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

  // A window of 40 is multiplied in three spans, because of the causal mask.
  it.each([WINDOW, 40])(
    "has the same loss and gradients in both engines in windows of %i",
    async (window) => {
      const given = problemOf(window);
      const [one, other] = [await differentiate(fused, given), await differentiate(tfjs, given)];
      expect(Math.abs(one.loss - other.loss)).toBeLessThan(1e-5);
      const apart = one.gradient.map((value, i) => Math.abs(value - other.gradient[i]!));
      expect(Math.max(...apart)).toBeLessThan(3e-5);
    },
  );

  it("has the same gradient after a training that diverged", async () => {
    const given = problemOf(40);
    const before = await differentiate(fused, given);
    const lost = { ...given, weights: given.weights.map(() => NaN) };
    const error = await rejectionOf(differentiate(fused, lost));
    expect(error.message).toContain("The loss became NaN");
    expect(await differentiate(fused, given)).toEqual(before);
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
