import { builtinModel, checkpointIdOf, encodeCheckpoint, type Plan } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FusedTrainer } from "../../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { ODD_MODELS, examplesFor } from "../support/odd-models.ts";
import { testRandom } from "../support/test-random.ts";

const OPTIMIZERS: readonly Plan["training"]["optimizer"][] = [
  { name: "sgd", learningRate: 0.1 },
  { name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true },
  { name: "adam", learningRate: 0.01 },
  { name: "adagrad", learningRate: 0.1 },
  { name: "rmsprop", learningRate: 0.01, momentum: 0.5 },
];

describe("the fused trainer in WebAssembly and its plain twin", () => {
  let wasm: FusedTrainer;
  let twin: FusedTrainer;
  beforeAll(async () => {
    wasm = await createFusedTrainer({ backend: "wasm" });
    twin = await createFusedTrainer({ backend: "reference" });
  });
  afterAll(() => {
    wasm.dispose();
    twin.dispose();
  });

  it.each(Object.entries(ODD_MODELS))("train %s to the same bits", async (_, build) => {
    const model = build();
    const shape = model.inputs[0]!.shape.slice(1).map(Number);
    const { description, values } = describeModel(model);
    for (const optimizer of OPTIMIZERS) {
      const plan = planFor(description, { batchSize: 4, localEpochs: 2, optimizer });
      const examples = examplesFor(plan, shape, 7);
      const request = { plan, weights: values, examples };
      const [a, b] = await Promise.all(
        [wasm, twin].map(async (trainer) => ({
          trained: await trainer.train({ ...request, random: testRandom(3) }),
          scores: await trainer.evaluate(request),
        })),
      );
      expect(a).toEqual(b);
    }
  });

  it.each(Object.entries(ODD_MODELS))(
    "train %s to the same bits, whether a step goes through the whole gradient or not",
    async (_, build) => {
      const model = build();
      const shape = model.inputs[0]!.shape.slice(1).map(Number);
      const { description, values } = describeModel(model);
      const plan = planFor(description, { batchSize: 4, localEpochs: 2 });
      const examples = examplesFor(plan, shape, 7);
      // A bound that no gradient reaches changes nothing, but the gradient has to be there for it.
      const [atOnce, through] = await Promise.all(
        [{}, { gradientClipNorm: 1e9 }].map((terms) =>
          wasm.train({ plan, weights: values, examples, random: testRandom(3), terms }),
        ),
      );
      expect(atOnce).toEqual(through);
      expect(atOnce!.weights).not.toEqual(values);
    },
  );

  it("train to the recorded weights", async () => {
    // The recorded hash is our own, and not a published one. It shows when a change of ours changes
    // the trained bits, which the changelog must then say.
    const crypto = createNodeCryptoProvider();
    const { description, values } = builtinModel("mlp-64", testRandom(1));
    const plan = planFor(description, { batchSize: 5, localEpochs: 2 });
    const count = 17;
    const examples = {
      features: Float32Array.from({ length: count * 784 }, (_, i) => ((i * 37) % 256) / 255),
      featureShape: [784],
      labels: Int32Array.from({ length: count }, (_, i) => (3 * i) % 10),
      labelShape: [],
      count,
    };
    for (const trainer of [wasm, twin]) {
      const request = { plan, weights: values, examples, random: testRandom(2) };
      const { weights } = await trainer.train(request);
      expect(checkpointIdOf(crypto, encodeCheckpoint(weights))).toMatchInlineSnapshot(
        `"e5c73654c600af6bb283c024b71e522add5b03b130ea4915b264e4cbd2621548"`,
      );
    }
  });
});
