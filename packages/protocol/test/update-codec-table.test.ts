import { describe, expect, it } from "vitest";
import { parseTask } from "../src/plan/parse-task.ts";
import { updateCodec, updateCodecNames, type UpdateSpec } from "../src/update/codec-table.ts";
import { errorOf } from "./expect-error.ts";
import { NAMED_SPECS } from "./update-specs.ts";

const taskWith = (update: { readonly codec: string }) => ({
  population: "p",
  name: "n",
  model: { builtin: "mlp-64" },
  plan: { update },
});

describe("updateCodec", () => {
  it("makes every codec of the table, and a task may name each without its parameters", () => {
    for (const codec of updateCodecNames) {
      const { update } = parseTask(taskWith({ codec })).plan;
      expect(updateCodec(update).name).toBe(codec);
    }
  });

  it.each(NAMED_SPECS)("a task keeps the parameters of %s", (_, spec) => {
    expect(parseTask(taskWith(spec)).plan.update).toEqual(spec);
  });

  it("refuses parameters that a codec cannot use, as a task does", () => {
    const wrong: UpdateSpec[] = [
      { codec: "uniform", bits: 17 },
      { codec: "rotated-uniform", bits: 0 },
      { codec: "qsgd", bits: 1 },
      { codec: "uniform", bits: 9, entropy: true },
      { codec: "rotated-uniform", bits: 12, entropy: true },
      { codec: "qsgd", bits: 9, entropy: true },
      { codec: "eden", bits: 8, entropy: true },
      { codec: "random-k", fraction: 1.5 },
      { codec: "top-k", fraction: 0.51 },
    ];
    for (const spec of wrong) {
      errorOf(() => updateCodec(spec), "BAD_PARAMETER");
      errorOf(() => parseTask(taskWith(spec)), "TASK_INVALID");
    }
  });
});
