import type { TrainingProgress } from "../../training/local-trainer.ts";
import { equal, firstDifference, near, ok, sameBits } from "../expectations.ts";
import {
  OUTPUT_OFFSET,
  referenceGradient,
  referenceLoss,
  spiralExamples,
  trainerPlan,
  trainerWeights,
} from "./small-classifier.ts";
import type { TrainerRequirements } from "./requirement.ts";

/** What a trainer must do to the weights. */
export const trainingRequirements: TrainerRequirements = {
  async "takes one gradient step for one batch"(trainer, request) {
    const examples = spiralExamples(12);
    const plan = trainerPlan({ batchSize: 12, optimizer: { name: "sgd", learningRate: 0.5 } });
    const before = trainerWeights();
    const { weights, steps, metrics } = await trainer.train({ ...request(), plan, examples });
    equal(steps, 1, "steps");
    // The loss is measured before the step, as in the whole interface.
    near(metrics["loss"], referenceLoss(before, examples), 1e-5, "loss before the step");
    const gradient = referenceGradient(before, examples);
    before.forEach((weight, i) =>
      near(weights[i], weight - 0.5 * gradient[i]!, 1e-4, `weight ${i} after the step`),
    );
  },

  async "adds the gradient of the plan's proximal term to each step"(trainer, request) {
    const examples = spiralExamples(12);
    const optimizer = { name: "sgd", learningRate: 0.5 } as const;
    const plan = trainerPlan({ batchSize: 12, localEpochs: 2, optimizer, proximal: 0.7 });
    const { weights } = await trainer.train({ ...request(), plan, examples });
    const before = trainerWeights();
    // In the first step the weights have not moved, so the proximal term is zero. It takes a second
    // step to see it.
    const first = referenceGradient(before, examples);
    const between = before.map((weight, i) => weight - 0.5 * first[i]!);
    const second = referenceGradient(between, examples);
    between.forEach((weight, i) => {
      const step = second[i]! + 0.7 * (weight - before[i]!);
      near(weights[i], weight - 0.5 * step, 2e-4, `weight ${i} after two steps`);
    });
  },

  async "scales a step's gradient down to the plan's clip norm"(trainer, request) {
    const examples = spiralExamples(12);
    const optimizer = { name: "sgd", learningRate: 0.5 } as const;
    const train = async (bound: number | undefined): Promise<Float32Array> => {
      const clipping = bound === undefined ? {} : { gradientClipNorm: bound };
      const plan = trainerPlan({ batchSize: 12, optimizer, ...clipping });
      return (await trainer.train({ ...request(), plan, examples })).weights;
    };
    const before = trainerWeights();
    const gradient = referenceGradient(before, examples);
    const norm = Math.hypot(...gradient);
    const clipped = await train(norm / 4);
    before.forEach((weight, i) =>
      near(clipped[i], weight - (0.5 / 4) * gradient[i]!, 1e-4, `weight ${i} after the step`),
    );
    // A bound that is not reached must not change anything.
    sameBits(
      await train(4 * norm),
      await train(undefined),
      "weights under a bound that is not reached",
    );
  },

  async "learns the classes of the examples"(trainer, request) {
    const plan = trainerPlan({
      localEpochs: 60,
      optimizer: { name: "adam", learningRate: 0.03 },
    });
    const examples = spiralExamples(60);
    // Errors that build up over many steps show here, and not in the cases of one or two steps.
    const before = await trainer.evaluate({ plan, weights: trainerWeights(), examples });
    const { weights } = await trainer.train({ ...request(), plan, examples });
    const after = await trainer.evaluate({ plan, weights, examples });
    ok(
      after["loss"]! < before["loss"]! / 2,
      `the loss should halve and went from ${before["loss"]} to ${after["loss"]}`,
    );
    ok(after["accuracy"]! > 0.8, `the accuracy should exceed 0.8 and is ${after["accuracy"]}`);
  },

  async "returns the parameters of frozen layers bit for bit"(trainer, request) {
    const plan = trainerPlan({ trainable: ["output"] });
    const { weights } = await trainer.train({ ...request(), plan });
    const before = trainerWeights();
    sameBits(weights.subarray(0, OUTPUT_OFFSET), before.subarray(0, OUTPUT_OFFSET), "frozen layer");
    // The bias of `output` has a gradient for any example.
    const bias = weights.length - 3;
    for (let i = bias; i < weights.length; i++) {
      ok(weights[i] !== before[i], `trained weight ${i} did not change`);
    }
  },

  async "trains on every example once an epoch, the rest in a smaller last batch"(
    trainer,
    request,
  ) {
    const seen: TrainingProgress[] = [];
    const result = await trainer.train({
      ...request(),
      plan: trainerPlan({ batchSize: 4, localEpochs: 2 }),
      examples: spiralExamples(10),
      onProgress: (progress) => seen.push(progress),
    });
    equal(result.steps, 6, "steps");
    equal(result.exampleCount, 10, "examples");
    const places = seen.map(({ epoch, batch }) => `${epoch}.${batch}`).join(" ");
    equal(places, "1.1 1.2 1.3 2.1 2.2 2.3", "progress");
    for (const { epochs, batches, loss } of seen) {
      equal(`${epochs} ${batches}`, "2 3", "epochs and batches in all");
      ok(Number.isFinite(loss), `the loss should be finite and is ${loss}`);
    }
    const [, , , a, b, c] = seen;
    // Three batches: 4, 4 and 2 examples.
    const mean = (4 * a!.loss + 4 * b!.loss + 2 * c!.loss) / 10;
    near(result.metrics["loss"], mean, 1e-6, "mean loss of the last epoch");
  },

  async "accepts a batch size above the number of examples"(trainer, request) {
    const plan = trainerPlan({ batchSize: 1_000_000 });
    const { steps } = await trainer.train({ ...request(), plan });
    equal(steps, 1, "steps");
  },

  async "trains even when its probabilities are exactly 0 and 1"(trainer, request) {
    // The logits are thousands apart, so the probabilities round to 0 and 1. A loss computed from
    // those has no gradient; a loss computed from the logits has.
    const weights = trainerWeights().map((weight) => 200 * weight);
    const examples = spiralExamples(30);
    const plan = trainerPlan({ batchSize: 30 });
    const { metrics, weights: after } = await trainer.train({
      ...request(),
      plan,
      weights,
      examples,
    });
    ok(
      metrics["loss"]! > 100 && Number.isFinite(metrics["loss"]),
      `the loss should be large and is ${metrics["loss"]}`,
    );
    ok(firstDifference(after, weights) >= 0, "the weights should change");
  },
};
