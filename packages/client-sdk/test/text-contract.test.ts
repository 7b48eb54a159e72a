import { describe, expect, it } from "vitest";
import { parseTask, type TextContract } from "@tributary/protocol";
import {
  agreedExamples,
  mapText,
  tableExampleStore,
  textExampleStore,
  tokenWindows,
  type Examples,
} from "../src/index.ts";
import { publicTokenizers } from "../src/tokenizers/public-tokenizers.ts";
import { linearPlan } from "./support/linear-task.ts";
import { begin, stage } from "./support/participant.ts";
import { rejectionOf } from "./support/rejection.ts";

const contract: TextContract = {
  ...{ type: "text", tokenizer: { name: "r50k_base", vocabulary: 300 }, window: 3 },
};
const table = { columns: ["a", "y"], rows: [[1, 2]] };

describe("text under a data contract", () => {
  it("becomes windows of the contract's tokens", async () => {
    const store = textExampleStore("Hello world", { tokenizers: publicTokenizers });
    const examples = await store.load(undefined, contract);
    expect(examples).toEqual(tokenWindows(Uint32Array.of(39, 68, 297, 78, 266, 273, 75, 67), 3));
    expect(await store.load(undefined, structuredClone(contract))).toBe(examples);
    const bytes: TextContract = { ...contract, tokenizer: { name: "bytes" } };
    expect((await store.load(undefined, bytes)).features.slice(0, 3)).toEqual(
      Float32Array.from(new TextEncoder().encode("Hel")),
    );
    expect(agreedExamples(examples, contract)).toBe(examples);
  });

  it("is offered and taken as windows of bytes where there is no contract", async () => {
    const store = textExampleStore("añb cde f", { window: 3 });
    expect(await store.count()).toBe(3);
    expect(await store.load()).toMatchObject({ count: 3, featureShape: [3] });
    expect(await textExampleStore("x".repeat(65)).count()).toBe(1);
    expect(await textExampleStore("").count()).toBe(0);
  });

  it("and a table refuse a contract about the other", async () => {
    const about = parseTask({
      population: "test",
      name: "line",
      model: { path: "./model.json" },
      examples: {
        features: [{ type: "numeric", name: "a" }],
        label: { name: "y", classes: ["1", "2"] },
      },
    }).examples!;
    const text = await rejectionOf(textExampleStore("text").load(undefined, about));
    expect(text).toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(text.message).toContain("is about a table, and the examples are text");
    const rows = await rejectionOf(tableExampleStore(table).load(undefined, contract));
    expect(rows).toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(rows.message).toContain("is about text, and the examples are a table");
  });

  it.each([
    ["the token 300", tokenWindows(Uint32Array.of(1, 2, 300, 4), 3)],
    ["the token 301", tokenWindows(Uint32Array.of(1, 2, 3, 301), 3)],
    [
      "the token 0.5",
      { ...tokenWindows(Uint32Array.of(1, 2, 3, 4), 3), features: Float32Array.of(1, 0.5, 2) },
    ],
    ["the shape [2]", tokenWindows(Uint32Array.of(1, 2, 3), 2)],
  ] as [string, Examples][])(
    "is held to its tokens: an app with %s is refused",
    (what, examples) => {
      expect(() => agreedExamples(examples, contract)).toThrow(what);
    },
  );
});

describe("a client without the contract's tokenizer", () => {
  const examples = textExampleStore("Hello world, and all who are in it. ".repeat(4));

  it("stays out of the task, and tells the server why", async () => {
    const set = stage({ examples });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const plan = linearPlan({ examples: contract });
    const training = { ...plan.training, loss: "sparseCategoricalCrossentropy" } as const;
    connection.configure(set.serve({ ...plan, training }, new Float32Array(3)));
    await connection.expect("configured");
    expect(await connection.expect("withdraw")).toMatchObject({ code: "TOKENIZER_UNAVAILABLE" });
    await reader.leave();
  });

  it("is told what it lacks", async () => {
    const error = await rejectionOf(mapText("text", contract));
    expect(error).toMatchObject({ code: "TOKENIZER_UNAVAILABLE" });
    expect(error.message).toContain("The tokenizer r50k_base is not here");
    expect(error.message).toContain("publicTokenizers");
  });
});
