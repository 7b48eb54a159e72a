import { describe, expect, it } from "vitest";
import { encodePlan, decodePlan } from "../src/plan/plan-bytes.ts";
import { parseTask } from "../src/plan/parse-task.ts";
import { differenceFault, updateFault } from "../src/plan/update-fault.ts";
import type { UpdateSpec } from "../src/update/codec-table.ts";
import { AGGREGATION_SPECS } from "./aggregation-specs.ts";
import { errorOf } from "./expect-error.ts";
import { samplePlan } from "./plan-sample.ts";
import { NAMED_SPECS } from "./update-specs.ts";

/** The rules beside which a codec is refused. */
const refusedWith = (update: UpdateSpec): readonly string[] =>
  AGGREGATION_SPECS.filter((aggregation) =>
    updateFault(update, { aggregation, clipNorm: null }),
  ).map(({ rule }) => rule);

describe("a codec and a rule", () => {
  it.each(NAMED_SPECS)("%s goes with a mean", (_, update) => {
    expect(refusedWith(update)).not.toContain("mean");
    expect(refusedWith(update)).not.toContain("normBound");
  });

  it.each<UpdateSpec>([
    { codec: "float32" },
    { codec: "float16" },
    { codec: "uniform", bits: 8 },
    { codec: "eden", bits: 1 },
    { codec: "eden", bits: 4, entropy: true },
    { codec: "uniform", bits: 8, entropy: true },
    { codec: "rotated-uniform", bits: 4 },
    { codec: "qsgd", bits: 8 },
    { codec: "random-k", fraction: 0.6 },
  ])("$codec goes with every rule if its error is smaller than the update", (update) => {
    expect(refusedWith(update)).toEqual([]);
  });

  it.each<UpdateSpec>([
    { codec: "eden", bits: 0.5 },
    { codec: "terngrad" },
    { codec: "uniform", bits: 1 },
    { codec: "rotated-uniform", bits: 1 },
    { codec: "qsgd", bits: 4 },
    { codec: "qsgd", bits: 4, entropy: true },
  ])(
    "$codec does not go with rules that measure distances if its error is larger than the update",
    (update) => {
      expect(refusedWith(update)).toEqual(["krum", "multiKrum", "bulyan"]);
    },
  );

  it("updates that are mostly 0 do not go with rules that rank values", () => {
    expect(refusedWith({ codec: "top-k", fraction: 0.1 })).toEqual([
      "median",
      "trimmedMean",
      "bulyan",
    ]);
    expect(refusedWith({ codec: "random-k", fraction: 0.1 })).toEqual(
      AGGREGATION_SPECS.slice(2).map(({ rule }) => rule),
    );
  });

  it("are refused in a task and in a plan alike, with what to do", () => {
    const update = { codec: "eden", bits: 0.5 } as const;
    const aggregation = { rule: "krum", byzantine: 1 } as const;
    const task = {
      population: "p",
      name: "n",
      model: { builtin: "mlp-64" },
      plan: { update },
      aggregation,
    };
    const error = errorOf(() => parseTask(task), "TASK_INVALID");
    expect(error.context).toEqual({ path: "plan.update.codec" });
    expect(error.remedy).toContain("more bits");
    const plan = { ...samplePlan, update, aggregation, minimumCohort: 5 };
    errorOf(() => decodePlan(encodePlan(plan)), "PLAN_INVALID");
  });
});

describe("a codec of differences", () => {
  const task = (update: UpdateSpec) => ({
    population: "p",
    name: "n",
    model: { builtin: "mlp-64" },
    plan: { download: { encoding: "difference", update } },
  });

  it.each<UpdateSpec>([
    { codec: "random-k", fraction: 0.1 },
    { codec: "top-k", fraction: 0.5 },
    { codec: "eden", bits: 0.5 },
    { codec: "qsgd", bits: 4 },
    { codec: "terngrad" },
    { codec: "uniform", bits: 2 },
    { codec: "rotated-uniform", bits: 1 },
  ])("is refused if it loses most of a difference: %o", (update) => {
    const error = errorOf(() => parseTask(task(update)), "TASK_INVALID");
    expect(error.context).toMatchObject({ path: "plan.download.update.codec" });
    expect(error.remedy).toContain("Use eden");
  });

  it.each<UpdateSpec>([
    { codec: "float16" },
    { codec: "eden", bits: 1 },
    { codec: "drive" },
    { codec: "uniform", bits: 3 },
    { codec: "rotated-uniform", bits: 2 },
    { codec: "qsgd", bits: 8 },
    { codec: "random-k", fraction: 0.6 },
  ])("may be %o, which loses less", (update) => {
    expect(differenceFault(update)).toBeUndefined();
    expect(parseTask(task(update)).plan.download).toEqual(task(update).plan.download);
  });

  it("is still read in a plan, whichever it is: a server of an earlier version may have signed it", () => {
    const update = { codec: "random-k", fraction: 0.1 } as const;
    const plan = { ...samplePlan, download: { encoding: "difference", update } } as const;
    expect(decodePlan(encodePlan(plan)).download).toEqual(plan.download);
  });
});
