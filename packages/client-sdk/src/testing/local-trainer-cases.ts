import type { Plan, RandomSource } from "@tributary/protocol";
import type { Examples } from "../examples/examples.ts";
import type { LocalTrainer, TrainingProgress, TrainRequest } from "../training/local-trainer.ts";
import { equal, fails, firstDifference, near, ok, sameBits } from "./expectations.ts";
import {
  OUTPUT_OFFSET,
  referenceGradient,
  referenceLoss,
  referenceOutputs,
  spiralExamples,
  trainerPlan,
  trainerWeights,
} from "./local-trainer-fixture.ts";

/** One requirement of a port, checked against one adapter. */
export interface ConformanceCase {
  /** A sentence, for use as a test's title. */
  readonly name: string;
  /** Rejects when the adapter does not conform. */
  readonly run: () => Promise<void>;
}

/** What the cases need from the test that runs them. */
export interface LocalTrainerFixture {
  /** A new trainer; the case disposes it. */
  readonly open: () => Promise<LocalTrainer>;
  /** A repeatable source. */
  readonly random: (seed: number) => RandomSource;
}

type Run = (trainer: LocalTrainer, request: (seed?: number) => TrainRequest) => Promise<void>;

/**
 * The conformance suite of the `LocalTrainer` port, for any test runner and platform.
 *
 * @example
 * for (const { name, run } of localTrainerCases({ open: openMine, random })) it(name, run);
 */
export function localTrainerCases({
  open,
  random,
}: LocalTrainerFixture): readonly ConformanceCase[] {
  return Object.entries(REQUIREMENTS).map(([name, requirement]) => ({
    name,
    run: async () => {
      const trainer = await open();
      try {
        await requirement(trainer, (seed = 1) => ({
          plan: trainerPlan(),
          weights: trainerWeights(),
          examples: spiralExamples(30),
          random: random(seed),
        }));
      } finally {
        trainer.dispose();
      }
    },
  }));
}

const REQUIREMENTS: Readonly<Record<string, Run>> = {
  async "takes one gradient step for one batch"(trainer, request) {
    const examples = spiralExamples(12);
    const plan = trainerPlan({ batchSize: 12, optimizer: { name: "sgd", learningRate: 0.5 } });
    const before = trainerWeights();
    const { weights, steps, metrics } = await trainer.train({ ...request(), plan, examples });
    equal(steps, 1, "steps");
    near(metrics["loss"], referenceLoss(before, examples), 1e-5, "loss before the step");
    const gradient = referenceGradient(before, examples);
    before.forEach((weight, i) =>
      near(weights[i], weight - 0.5 * gradient[i]!, 1e-4, `weight ${i} after the step`),
    );
  },

  async "is held to the given weights by a proximal term that the plan has"(trainer, request) {
    const examples = spiralExamples(12);
    const optimizer = { name: "sgd", learningRate: 0.5 } as const;
    const plan = trainerPlan({ batchSize: 12, localEpochs: 2, optimizer, proximal: 0.7 });
    const { weights } = await trainer.train({ ...request(), plan, examples });
    const before = trainerWeights();
    const first = referenceGradient(before, examples);
    const between = before.map((weight, i) => weight - 0.5 * first[i]!);
    const second = referenceGradient(between, examples);
    between.forEach((weight, i) => {
      const step = second[i]! + 0.7 * (weight - before[i]!);
      near(weights[i], weight - 0.5 * step, 2e-4, `weight ${i} after two steps`);
    });
  },

  async "scales down a step's gradient that is longer than the plan's bound"(trainer, request) {
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
    sameBits(await train(4 * norm), await train(undefined), "weights with a loose bound");
  },

  async "learns what the examples show"(trainer, request) {
    const plan = trainerPlan({
      localEpochs: 60,
      optimizer: { name: "adam", learningRate: 0.03 },
    });
    const examples = spiralExamples(60);
    const before = await trainer.evaluate({ plan, weights: trainerWeights(), examples });
    const { weights } = await trainer.train({ ...request(), plan, examples });
    const after = await trainer.evaluate({ plan, weights, examples });
    ok(after["loss"]! < before["loss"]! / 2, `loss ${after["loss"]} from ${before["loss"]}`);
    ok(after["accuracy"]! > 0.8, `accuracy ${after["accuracy"]}`);
  },

  async "gives the same bits for the same request, and others for another seed"(trainer, request) {
    const once = await trainer.train(request(1));
    const again = await trainer.train(request(1));
    const other = await trainer.train(request(2));
    sameBits(again.weights, once.weights, "weights of the same request");
    equal(JSON.stringify(again.metrics), JSON.stringify(once.metrics), "metrics");
    ok(firstDifference(other.weights, once.weights) >= 0, "another seed gave the same weights");
  },

  async "keeps no optimizer state from one call to the next"(trainer, request) {
    const optimizers: Plan["training"]["optimizer"][] = [
      { name: "sgd", learningRate: 0.05, momentum: 0.9 },
      { name: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: true },
      { name: "adam", learningRate: 0.01 },
      { name: "adagrad", learningRate: 0.05 },
      { name: "rmsprop", learningRate: 0.01, momentum: 0.5 },
    ];
    for (const optimizer of optimizers) {
      const plan = trainerPlan({ optimizer, localEpochs: 2 });
      const once = await trainer.train({ ...request(), plan });
      const again = await trainer.train({ ...request(), plan });
      sameBits(again.weights, once.weights, `weights with ${optimizer.name}`);
      ok(firstDifference(once.weights, trainerWeights()) >= 0, `${optimizer.name} did nothing`);
    }
  },

  async "leaves the weights it is given alone and gives back new memory"(trainer, request) {
    const weights = trainerWeights();
    const result = await trainer.train({ ...request(), weights });
    sameBits(weights, trainerWeights(), "the given weights");
    ok(result.weights.buffer !== weights.buffer, "the result shares memory with the request");
  },

  async "keeps frozen layers bit for bit"(trainer, request) {
    const plan = trainerPlan({ trainable: ["output"] });
    const { weights } = await trainer.train({ ...request(), plan });
    const before = trainerWeights();
    sameBits(weights.subarray(0, OUTPUT_OFFSET), before.subarray(0, OUTPUT_OFFSET), "frozen layer");
    const bias = weights.length - 3;
    for (let i = bias; i < weights.length; i++) {
      ok(weights[i] !== before[i], `trained weight ${i} did not change`);
    }
  },

  async "trains on every example once an epoch, the last batch being what is left"(
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
      ok(Number.isFinite(loss), "a loss that is a number");
    }
    const [, , , a, b, c] = seen;
    const mean = (4 * a!.loss + 4 * b!.loss + 2 * c!.loss) / 10;
    near(result.metrics["loss"], mean, 1e-6, "mean loss of the last epoch");
  },

  async "takes a batch larger than the examples"(trainer, request) {
    const plan = trainerPlan({ batchSize: 1_000_000 });
    const { steps } = await trainer.train({ ...request(), plan });
    equal(steps, 1, "steps");
  },

  async "evaluates loss and metrics as means over examples"(trainer) {
    const plan = trainerPlan({ metrics: ["accuracy", "meanSquaredError", "meanAbsoluteError"] });
    const weights = trainerWeights();
    const examples = spiralExamples(301);
    const metrics = await trainer.evaluate({ plan, weights, examples });
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

  async "predicts the model's outputs, row by row"(trainer) {
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

  async "treats class indices and one-hot labels alike"(trainer, request) {
    const examples = spiralExamples(30);
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

  async "learns even from what it is most wrong about"(trainer, request) {
    // Logits thousands apart: probabilities are 0 and 1, and a loss taken from them has no gradient.
    const weights = trainerWeights().map((weight) => 200 * weight);
    const examples = spiralExamples(30);
    const plan = trainerPlan({ batchSize: 30 });
    const { metrics, weights: after } = await trainer.train({
      ...request(),
      plan,
      weights,
      examples,
    });
    ok(metrics["loss"]! > 100 && Number.isFinite(metrics["loss"]), `loss ${metrics["loss"]}`);
    ok(firstDifference(after, weights) >= 0, "no gradient reached the weights");
  },

  async "reshapes features whose number of values fits"(trainer, request) {
    const flat = await trainer.train(request());
    const shaped = await trainer.train({
      ...request(),
      examples: { ...spiralExamples(30), featureShape: [1, 2, 1] },
    });
    sameBits(shaped.weights, flat.weights, "weights");
  },

  async "takes calls made at once one after the other"(trainer, request) {
    const alone = [await trainer.train(request(1)), await trainer.train(request(2))];
    const together = await Promise.all([trainer.train(request(1)), trainer.train(request(2))]);
    alone.forEach(({ weights }, i) => sameBits(together[i]!.weights, weights, `call ${i}`));
  },

  async "refuses examples that do not fit the model, and names both shapes"(trainer, request) {
    const examples = spiralExamples(6);
    const refused = (change: Partial<Examples>, ...words: string[]): Promise<void> =>
      fails(
        "EXAMPLES_INVALID",
        trainer.train({ ...request(), examples: { ...examples, ...change } }),
        words,
      );
    await refused({ featureShape: [3], features: new Float32Array(18) }, "[3]", "[2]");
    await refused({ labelShape: [2], labels: new Float32Array(12) }, "[2]", "[3]");
    await refused({ features: new Float32Array(11) }, "11", "12");
    await refused({ labels: new Int32Array(5) }, "5", "6");
    await refused(
      { count: 0, features: new Float32Array(0), labels: new Int32Array(0) },
      "no examples",
    );
  },

  async "refuses an example with a value that cannot be, and names its index"(trainer, request) {
    const examples = spiralExamples(6);
    const withFeature = (value: number): Examples => ({
      ...examples,
      features: examples.features.map((feature, i) => (i === 9 ? value : feature)),
    });
    const withLabel = (value: number): Examples => ({
      ...examples,
      labels: Float32Array.from(examples.labels, (label, i) => (i === 4 ? value : label)),
    });
    for (const bad of [
      ...[Number.NaN, Number.POSITIVE_INFINITY].map(withFeature),
      ...[3, -1, 0.5, Number.NaN].map(withLabel),
    ]) {
      await fails("EXAMPLES_INVALID", trainer.train({ ...request(), examples: bad }), [
        "Example 4",
      ]);
      const { plan, weights } = request();
      await fails("EXAMPLES_INVALID", trainer.evaluate({ plan, weights, examples: bad }), [
        "Example 4",
      ]);
    }
  },

  async "says so when training diverges"(trainer, request) {
    const plan = trainerPlan({
      loss: "meanSquaredError",
      localEpochs: 50,
      optimizer: { name: "sgd", learningRate: 1e20 },
    });
    const topology = linearOutputs(plan.model.topology);
    const labels = new Float32Array(90).fill(1e10);
    await fails(
      "TRAINING_FAILED",
      trainer.train({
        ...request(),
        plan: { ...plan, model: { ...plan.model, topology } },
        examples: { ...spiralExamples(30), labels, labelShape: [3] },
      }),
      ["learning rate"],
    );
    await trainer.train(request());
  },

  async "refuses weights of another size"(trainer, request) {
    await fails("BAD_PARAMETER", trainer.train({ ...request(), weights: new Float32Array(3) }), [
      "3",
    ]);
  },

  async "refuses a layer that the model does not have, and a model it cannot build"(
    trainer,
    request,
  ) {
    const plan = trainerPlan();
    const elsewhere = trainerPlan({ trainable: ["nowhere"] });
    await fails("PLAN_INVALID", trainer.train({ ...request(), plan: elsewhere }), ["nowhere"]);
    const wider = JSON.stringify(plan.model.topology).replace('"units":4', '"units":5');
    const other = { ...plan.model, topology: JSON.parse(wider) as object };
    await fails(
      "MODEL_UNSUPPORTED",
      trainer.train({ ...request(), plan: { ...plan, model: other } }),
      ["hidden"],
    );
    const topology = {
      class_name: "Sequential",
      config: { layers: [{ class_name: "Unheard", config: {} }] },
    };
    const odd = { ...plan, model: { ...plan.model, topology } };
    await fails("MODEL_UNSUPPORTED", trainer.train({ ...request(), plan: odd }), []);
    await trainer.train(request());
  },

  async "stops between batches when it is told to"(trainer, request) {
    const stopped = AbortSignal.abort();
    await fails("ABORTED", trainer.train({ ...request(), signal: stopped }), []);
    const stop = new AbortController();
    let batches = 0;
    const training = trainer.train({
      ...request(),
      plan: trainerPlan({ localEpochs: 1000 }),
      signal: stop.signal,
      onProgress: () => {
        batches += 1;
        if (batches === 3) stop.abort();
      },
    });
    await fails("ABORTED", training, []);
    equal(batches, 3, "batches before it stopped");
    await trainer.train(request());
  },

  async "ends what is under way when it is disposed, and does nothing afterwards"(
    trainer,
    request,
  ) {
    const plan = trainerPlan({ localEpochs: 1000 });
    const training = trainer.train({
      ...request(),
      plan,
      onProgress: ({ batch }) => {
        if (batch === 2) trainer.dispose();
      },
    });
    await fails("ABORTED", training, []);
    trainer.dispose();
    await fails("ABORTED", trainer.train(request()), []);
  },
};

function linearOutputs(topology: object): object {
  return JSON.parse(JSON.stringify(topology).replace("softmax", "linear")) as object;
}
