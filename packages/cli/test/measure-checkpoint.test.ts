import { onTestFinished, expect, it } from "vitest";
import { createFusedTrainer, type Examples } from "@tributary/client-sdk";
import { builtinModelOf, parseTask, planOf, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describeDetail } from "../src/commands/describe-detail.ts";
import { measureCheckpoint } from "../src/commands/measure-checkpoint.ts";

const examples: Examples = {
  ...{ features: Float32Array.of(-2, -1, 1, 2), featureShape: [1], count: 4 },
  ...{ labels: Int32Array.of(0, 1, 1, 1), labelShape: [] },
};

/** Measures a linear model that takes negative numbers for class 0 and the others for class 1. */
async function measured(classes: number, loss: string): Promise<object> {
  const model = { builtin: "mlp", inputs: 1, hidden: [], outputs: classes } as const;
  const metrics = loss === "meanSquaredError" ? ["meanAbsoluteError"] : ["accuracy"];
  const task = parseTask({ population: "p", name: "signs", model, plan: { loss, metrics } });
  const random = seededRandom(createNodeCryptoProvider(), 1);
  const plan = planOf(task, builtinModelOf(model, task, random).description);
  const weights = new Float32Array(2 * classes);
  weights.set([-1, 1]);
  weights.fill(-9, classes + 2);
  const trainer = await createFusedTrainer();
  onTestFinished(() => trainer.dispose());
  const { metrics: values, metricDetail } = await measureCheckpoint(trainer, {
    ...{ plan, weights, examples },
  });
  return { names: Object.keys(values), metricDetail, shown: describeDetail(metricDetail) };
}

it("shows the figures of each class though the plan names none of them", async () => {
  expect(await measured(2, "sparseCategoricalCrossentropy")).toMatchObject({
    names: ["loss", "accuracy"],
    metricDetail: {
      confusion: [
        [1, 0],
        [1, 2],
      ],
    },
    shown: [
      "classes     0: precision 0.5000, recall 1.0000, f1 0.6667; taken for: 1 0",
      "            1: precision 1.0000, recall 0.6667, f1 0.8000; taken for: 1 2",
    ],
  });
});

it("shows none of many classes, and none of a model that predicts numbers", async () => {
  for (const [classes, loss] of [
    [21, "categoricalCrossentropy"],
    [1, "meanSquaredError"],
  ] as const) {
    expect(await measured(classes, loss)).toMatchObject({ metricDetail: {}, shown: [] });
  }
});
