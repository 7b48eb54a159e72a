import { describe, expect, it } from "vitest";
import {
  parseTask,
  statisticsModel,
  type DataContract,
  type TableContract,
} from "@tributary/protocol";
import {
  agreedExamples,
  tableExampleStore,
  type ExampleStore,
  type ExampleTable,
  type Examples,
} from "../src/index.ts";
import { lineExamples, linearPlan } from "./support/linear-task.ts";
import { begin, stage, type Stage } from "./support/participant.ts";
import { rejectionOf } from "./support/rejection.ts";

const contract = parseTask({
  population: "test",
  name: "line",
  model: { builtin: "logistic-regression" },
  plan: { loss: "meanSquaredError" },
  examples: {
    features: [
      { type: "numeric", name: "a" },
      { type: "numeric", name: "b", whenMissing: "drop" },
    ],
    label: { name: "y", scaling: { method: "none" } },
  },
}).examples as TableContract;

const { features, labels } = lineExamples();
/** The rows of `lineExamples`, with the columns in another order, and one row that is dropped. */
const table: ExampleTable = {
  columns: ["y", "b", "a"],
  rows: [
    ...Array.from(labels, (y, row) => [y, features[2 * row + 1]!, features[2 * row]!]),
    [0, null, 0],
  ],
};

const underContract = (set: Stage, examples: DataContract = contract) =>
  set.serve(linearPlan({ examples }), Float32Array.of(0.5, -0.25, 0));

describe("a client with a table", () => {
  it("offers its rows, and trains on what the contract of the plan makes of them", async () => {
    const set = stage({ examples: table });
    const { reader, connection } = await begin(set);
    expect(await connection.checkIn()).toMatchObject({ exampleCount: 9 });
    const { roundId } = connection.configure(underContract(set));
    await connection.expect("configured");
    const begun = await connection.expect("reportBegin");
    expect(begun).toMatchObject({ exampleCount: 8 });

    const numbers = stage();
    const other = await begin(numbers);
    await other.connection.checkIn();
    other.connection.configure(numbers.model);
    await other.connection.expect("configured");
    // The loss of the training shows that the values and their order are the same.
    expect(begun).toMatchObject({
      metrics: (await other.connection.expect("reportBegin")).metrics,
    });
    connection.abandon(roundId);
    await reader.leave();
    await other.reader.leave();
  });

  it("evaluates on what the contract makes of its held-out table", async () => {
    const set = stage({ heldOut: table });
    const { reader, connection } = await begin(set);
    expect(await connection.checkIn()).toMatchObject({ heldOutCount: 9 });
    connection.configure(underContract(set), { purpose: "evaluation" });
    await connection.expect("configured");
    expect(await connection.expect("reportBegin")).toMatchObject({ exampleCount: 8 });
    expect(set.trainer.evaluated[0]?.examples).toEqual(lineExamples());
    await reader.leave();
  });

  it.each([
    ["has no contract", undefined, "The task has no data contract"],
    [
      "has a column that the table lacks",
      { ...contract, label: { ...contract.label, name: "z" } },
      "has no column z",
    ],
  ])("withdraws and tells only the app why when the plan %s", async (_, examples, message) => {
    const set = stage({ examples: table });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(examples === undefined ? set.model : underContract(set, examples));
    await connection.expect("configured");
    expect(await connection.expect("withdraw")).toMatchObject({
      code: "EXAMPLES_INVALID",
      message: "",
    });
    expect((await reader.until("withdrawn")).error.message).toContain(message);
    await reader.leave();
  });
});

describe("a client in a statistics task", () => {
  const plan = linearPlan({
    examples: contract,
    statistics: { bins: 4 },
    model: { ...linearPlan().model, ...statisticsModel(contract, 4) },
  });

  it("counts its table, trains nothing, and holds no model afterwards", async () => {
    const set = stage({ examples: table });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.serve(plan, new Float32Array(12)));
    await connection.expect("configured");
    expect(await connection.expect("reportBegin")).toMatchObject({
      exampleCount: 9,
      updateBytes: 48,
      metrics: [{ name: "loss", value: 0 }],
    });
    connection.abandon(roundId);
    await reader.until("round-finished");
    expect(reader.types).toContain("counted");
    expect(set.trainer.trainings).toBe(0);
    expect(set.client.heldCheckpoint()).toBeUndefined();
    await reader.leave();
  });

  it("stays out of it when its examples are no table", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.serve(plan, new Float32Array(12)));
    await connection.expect("configured");
    expect(await connection.expect("withdraw")).toMatchObject({ code: "EXAMPLES_INVALID" });
    await reader.leave();
  });
});

describe("tableExampleStore", () => {
  it("maps the table once for each contract, and tells what became of it", async () => {
    const told: number[] = [];
    const store = tableExampleStore(table, {
      onMapped: ({ examples, dropped }) => told.push(examples.count, dropped.get("b") ?? 0),
    });
    const first = await store.load(undefined, contract);
    expect(await store.load(undefined, structuredClone(contract))).toBe(first);
    expect(told).toEqual([8, 1]);
    const other = { ...contract, features: contract.features.toReversed() };
    expect((await store.load(undefined, other)).features).not.toEqual(first.features);
  });

  it("makes examples in its own way for a plan without a contract, if it is told how", async () => {
    const own = lineExamples();
    const store = tableExampleStore(table, { withoutContract: () => Promise.resolve(own) });
    expect(await store.load()).toBe(own);
  });
});

describe("a store of the app's own", () => {
  it("is told the contract of the plan", async () => {
    const asked: (DataContract | undefined)[] = [];
    const examples: ExampleStore = {
      count: () => Promise.resolve(8),
      load: (_signal, told) => {
        asked.push(told);
        return Promise.resolve(lineExamples());
      },
    };
    const set = stage({ examples });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(underContract(set));
    await connection.expect("configured");
    await connection.expect("reportBegin");
    expect(asked).toEqual([contract]);
    await reader.leave();
  });
});

describe("examples that a client has encoded by itself", () => {
  const contractOf = (...features: readonly object[]): DataContract =>
    parseTask({
      ...{ population: "test", name: "own", model: { builtin: "logistic-regression" } },
      examples: { features, label: { name: "y", classes: ["no", "yes"] } },
    }).examples!;
  const own = (...features: number[]): Examples => ({
    ...{ features: Float32Array.from(features), featureShape: [features.length], count: 1 },
    ...{ labels: Int32Array.of(0), labelShape: [] },
  });
  const levels = ["red", "green", "blue"];
  const size = { type: "numeric", name: "size" };
  const oneHot = contractOf(size, { type: "categorical", name: "colour", levels });
  const index = contractOf({ type: "categorical", name: "colour", levels, encoding: "index" });
  const scaling = { method: "minMax", minimum: 0, maximum: 255 };
  const image = contractOf({ type: "image", name: "pixel", shape: [2], scaling });

  it("are taken as they are where they can be what the contract makes of a table", () => {
    expect(agreedExamples(own(7, 0, 1, 0), oneHot)).toEqual(own(7, 0, 1, 0));
    expect(agreedExamples(own(2), index)).toEqual(own(2));
    expect(agreedExamples(own(0, 1.01), image)).toEqual(own(0, 1.01));
  });

  it.each([
    ["another order of columns", oneHot, [1, 0, 0, 7], "the value 7 for colour blue"],
    ["no level", oneHot, [7, 0, 0, 0], "0 of the levels of colour"],
    ["two levels", oneHot, [7, 1, 1, 0], "2 of the levels of colour"],
    ["an unknown level", index, [3], "the value 3 for colour, where the contract gives an index"],
    ["pixels that are not scaled", image, [0, 254], "the value 254 in pixel, which the contract"],
  ])("are refused when they have %s", (_, agreed, features, message) => {
    expect(() => agreedExamples(own(...features), agreed)).toThrow(
      expect.objectContaining({
        code: "EXAMPLES_INVALID",
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

describe("examples that a client has numbered by itself", () => {
  const own = (classNames: readonly string[]): Examples => ({
    features: Float32Array.of(1, 2, 3, 4),
    featureShape: [2],
    labels: Int32Array.of(0, 1),
    labelShape: [],
    classNames,
    count: 2,
  });
  const { label, ...rest } = contract;
  const classes: TableContract = {
    ...rest,
    label: { name: label.name, whenMissing: "refuse", classes: ["bird", "cat", "dog"] },
  };

  it("get the contract's class indices by the names of their classes", () => {
    expect(agreedExamples(own(["dog", "bird"]), classes).labels).toEqual(Int32Array.of(2, 0));
    const agreed = own(["bird", "cat"]);
    expect(agreedExamples(agreed, classes)).toBe(agreed);
  });

  it.each([
    [own(["dog", "fish"]), classes, "the class fish, which the task's data contract does not name"],
    [own(["dog", "cat"]), undefined, "The labels are words, such as dog"],
    [{ ...own(["0", "1"]), featureShape: [4] }, classes, "have the shape [4]"],
  ])("are refused where they do not agree: %#", async (examples, agreed, message) => {
    const error = await rejectionOf(Promise.resolve().then(() => agreedExamples(examples, agreed)));
    expect(error.code).toBe("EXAMPLES_INVALID");
    expect(error.message).toContain(message);
  });
});
