import { describe, expect, it } from "vitest";
import type { Examples } from "@tributary/client-sdk";
import { parseTask, type DataContract, type TaskDefinition } from "@tributary/protocol";
import type { DemoData } from "../src/demo/demo-data.ts";
import { demoTask, fitTask } from "../src/demo/demo-task.ts";

const examples = (count: number): Examples => ({
  ...{ features: new Float32Array(count), featureShape: [1], count },
  ...{ labels: new Float32Array(count), labelShape: [] },
});

const contract: DataContract = {
  features: [{ type: "numeric", name: "age", scaling: { method: "none" }, whenMissing: "refuse" }],
  label: { name: "score", scaling: { method: "none" }, whenMissing: "refuse" },
  missing: [],
  otherColumns: "refuse",
};

const data: DemoData = {
  ...{ name: "patients", classCount: 0, test: examples(1), contract },
  clients: [examples(30), examples(70), examples(50)],
};

describe("the demo's task for tables", () => {
  it("lets each client pass over its rows in small batches", () => {
    expect(demoTask(data).plan).toMatchObject({ localEpochs: 2, batchSize: 16 });
  });

  it("lets each client take one step over all of its rows with FedSGD", () => {
    const { plan, stop } = demoTask(data, { fedsgd: true, rounds: 300 });
    expect(plan).toMatchObject({ localEpochs: 1, batchSize: 70, optimizer: { name: "sgd" } });
    expect(stop.rounds).toBe(300);
  });

  it("takes the server optimizer and its learning rate", () => {
    const fedadam = demoTask(data, { serverOptimizer: { name: "fedadam", learningRate: 0.03 } });
    expect(fedadam.serverOptimizer).toMatchObject({
      name: "fedadam",
      learningRate: 0.03,
      tau: 1e-3,
    });
    expect(demoTask(data).serverOptimizer).toEqual({ name: "fedavg", learningRate: 1 });
    expect(() => demoTask(data, { serverOptimizer: { learningRate: -1 } })).toThrow(
      "serverOptimizer.learningRate is -1",
    );
  });

  it("gives its contract to a task file that has none, which must fit it", () => {
    const taskOf = (inputs: number): TaskDefinition =>
      parseTask({
        ...{ population: "demo", name: "scores", round: { goalCount: 2 } },
        model: { builtin: "mlp", inputs, outputs: 1 },
        plan: { loss: "meanSquaredError", metrics: ["meanAbsoluteError"] },
      });
    expect(fitTask(taskOf(1), data, 3)).toMatchObject({ examples: contract, stop: { rounds: 3 } });
    expect(fitTask({ ...taskOf(1), examples: contract }, data).examples).toBe(contract);
    expect(() => fitTask(taskOf(2), data)).toThrow(
      expect.objectContaining({ code: "TASK_INVALID" }),
    );
  });

  it("has no FedSGD for data that is not of tables", () => {
    const { contract: _, ...images } = data;
    expect(() => demoTask({ ...images, classCount: 10 }, { fedsgd: true })).toThrow(
      expect.objectContaining({ code: "BAD_PARAMETER" }),
    );
  });
});
