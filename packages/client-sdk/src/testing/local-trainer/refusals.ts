import type { TableContract } from "@tributary/protocol";
import type { Examples } from "../../examples/examples.ts";
import { fails } from "../expectations.ts";
import { spiralExamples, trainerPlan } from "./small-classifier.ts";
import type { TrainerRequirements } from "./requirement.ts";

/**
 * What a trainer must refuse, and with which error. Some cases also check that the trainer can
 * still be used after the refusal.
 */
export const refusalRequirements: TrainerRequirements = {
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

  async "refuses named rows only for what they hold, and again when they are named again"(
    trainer,
    request,
  ) {
    const good = spiralExamples(6);
    const examples = { ...good, labels: good.labels.map((label, i) => (i === 4 ? 9 : label)) };
    const train = (...rows: number[]): Promise<unknown> =>
      trainer.train({ ...request(), examples, rows: Uint32Array.from(rows) });
    await train(0, 1, 2, 3, 5);
    await fails("EXAMPLES_INVALID", train(3, 4), ["Example 4"]);
    await fails("EXAMPLES_INVALID", train(4), ["Example 4"]);
    await fails("EXAMPLES_INVALID", train(6), ["row 6", "6 examples"]);
    await fails("EXAMPLES_INVALID", train(), ["no examples"]);
    await train(0, 5);
  },

  async "refuses an example with an impossible value, and names its index"(trainer, request) {
    const examples = spiralExamples(6);
    const withFeature = (value: number): Examples => ({
      ...examples,
      // Example 4 has the features 8 and 9.
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

  async "refuses classes that clients would number differently, or that the model lacks"(
    trainer,
    request,
  ) {
    const examples = { ...spiralExamples(6), classNames: ["0", "1"] };
    await fails("EXAMPLES_INVALID", trainer.train({ ...request(), examples }), [
      "2 classes",
      "`examples`",
    ]);
    const { plan, weights } = request();
    const contract: TableContract = {
      features: [{ type: "image", name: "x", shape: [2], scaling: { method: "none" } }],
      label: { name: "class", classes: ["0", "1", "2", "3"], whenMissing: "refuse" },
      missing: [],
      otherColumns: "refuse",
    };
    const agreed = { plan: { ...plan, examples: contract }, weights, examples: spiralExamples(6) };
    await fails("EXAMPLES_INVALID", trainer.evaluate(agreed), ["4 classes", "3"]);
  },

  async "ends with TRAINING_FAILED when training diverges"(trainer, request) {
    const plan = trainerPlan({
      loss: "meanSquaredError",
      localEpochs: 50,
      optimizer: { name: "sgd", learningRate: 1e20 },
    });
    // With linear outputs and a squared error, nothing limits the growth of the weights.
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

  async "refuses to train a layer that does not exist, and a model that it cannot build"(
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
};

/** The topology without the softmax of its last layer. */
function linearOutputs(topology: object): object {
  return JSON.parse(JSON.stringify(topology).replace("softmax", "linear")) as object;
}
