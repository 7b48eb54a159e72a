import { takeExamples } from "../../examples/take-examples.ts";
import { equal, near, sameBits } from "../expectations.ts";
import {
  referenceLoss,
  referenceOutputs,
  spiralExamples,
  trainerPlan,
  trainerWeights,
} from "./small-classifier.ts";
import type { TrainerRequirements } from "./requirement.ts";

/** How a trainer must read examples, and the outputs and metrics it must give for them. */
export const exampleRequirements: TrainerRequirements = {
  async "evaluates loss and metrics as means over the examples"(trainer) {
    const plan = trainerPlan({ metrics: ["accuracy", "meanSquaredError", "meanAbsoluteError"] });
    const weights = trainerWeights();
    const examples = spiralExamples(301);
    const metrics = await trainer.evaluate({ plan, weights, examples });
    // More examples than one pass takes, and a number that no pass divides.
    let correct = 0;
    let squares = 0;
    let distances = 0;
    for (let i = 0; i < examples.count; i++) {
      const outputs = referenceOutputs(weights, examples.features.subarray(2 * i, 2 * i + 2));
      const label = examples.labels[i]!;
      if (outputs[label] === Math.max(...outputs)) correct++;
      outputs.forEach((output, k) => {
        const error = output - (k === label ? 1 : 0);
        squares += error ** 2 / 3;
        distances += Math.abs(error) / 3;
      });
    }
    near(metrics["loss"], referenceLoss(weights, examples), 1e-5, "loss");
    near(metrics["accuracy"], correct / 301, 1e-9, "accuracy");
    near(metrics["meanSquaredError"], squares / 301, 1e-5, "mean squared error");
    near(metrics["meanAbsoluteError"], distances / 301, 1e-5, "mean absolute error");
  },

  async "predicts the model's outputs, one row for each example"(trainer) {
    const { features, count } = spiralExamples(300);
    const weights = trainerWeights();
    const request = { plan: trainerPlan(), weights, features, featureShape: [2], count };
    const outputs = await trainer.predict(request);
    equal(outputs.length, 3 * count, "outputs");
    for (let i = 0; i < count; i++) {
      const expected = referenceOutputs(weights, features.subarray(2 * i, 2 * i + 2));
      expected.forEach((value, k) => near(outputs[3 * i + k], value, 1e-5, `output ${k} of ${i}`));
    }
  },

  async "trains on the rows that are named as on a copy of them"(trainer, request) {
    const examples = spiralExamples(30);
    const rows = Uint32Array.of(29, 3, 3, 11, 0, 17, 8);
    const named = await trainer.train({ ...request(), examples, rows });
    const again = await trainer.train({ ...request(), examples, rows });
    const copied = await trainer.train({ ...request(), examples: takeExamples(examples, rows) });
    sameBits(named.weights, copied.weights, "weights");
    sameBits(again.weights, copied.weights, "weights of the second training");
    equal(named.exampleCount, 7, "examples");
    equal(named.metrics["loss"], copied.metrics["loss"], "loss");
  },

  async "gives the same weights for class indices and for one-hot labels"(trainer, request) {
    const examples = spiralExamples(30);
    // 30 examples of 3 classes.
    const oneHot = new Float32Array(90);
    examples.labels.forEach((label, i) => {
      oneHot[3 * i + label] = 1;
    });
    const indices = await trainer.train({ ...request(), examples });
    const hot = await trainer.train({
      ...request(),
      examples: { ...examples, labels: oneHot, labelShape: [3] },
    });
    const plan = trainerPlan({ loss: "sparseCategoricalCrossentropy" });
    const sparse = await trainer.train({ ...request(), plan, examples });
    sameBits(hot.weights, indices.weights, "weights from one-hot labels");
    sameBits(sparse.weights, indices.weights, "weights from the sparse loss");
  },

  async "reshapes features whose number of values fits the model"(trainer, request) {
    const flat = await trainer.train(request());
    // Features may have axes of size 1 that the model's input lacks.
    const shaped = await trainer.train({
      ...request(),
      examples: { ...spiralExamples(30), featureShape: [1, 2, 1] },
    });
    sameBits(shaped.weights, flat.weights, "weights");
  },
};
