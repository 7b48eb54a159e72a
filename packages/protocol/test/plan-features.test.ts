import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { PLAN_FEATURES, featuresOf, type PlanFeature } from "../src/plan/plan-features.ts";
import { planSchema } from "../src/plan/plan-schema.ts";
import { samplePlan } from "./plan-sample.ts";
import { vocabularyOf } from "./vocabulary.ts";

/** What clients of the first form read, which say nothing of plan features. */
const firstForm = readFileSync(new URL("./frozen/plan-first-form.txt", import.meta.url), "utf8")
  .trim()
  .split("\n");
const today = vocabularyOf(z.toJSONSchema(planSchema, { io: "input", unrepresentable: "any" }));

/** The codecs that a line of the vocabulary names. Clients say at check-in which codecs they know. */
const codecsIn = (line: string): string[] => line.match(/update\.codec=[^ ]+/g) ?? [];
const firstCodecs = new Set(firstForm.flatMap(codecsIn));
const isNew = (line: string): boolean =>
  !firstForm.includes(line) && codecsIn(line).every((codec) => firstCodecs.has(codec));

/** Whether a line says something that only plans which use the feature can have. */
const belongsTo = (line: string, { usedBy }: PlanFeature): boolean => {
  const conditions = line.split(" & ");
  return usedBy
    .split(" & ")
    .every((needed) =>
      conditions.some(
        (one) => one === needed || [".", "=", " "].some((mark) => one.startsWith(needed + mark)),
      ),
    );
};

describe("the features of plans", () => {
  it("cover whatever a plan can say and clients of the first form do not read", () => {
    const uncovered = today.filter(
      (line) => isNew(line) && !PLAN_FEATURES.some((feature) => belongsTo(line, feature)),
    );
    expect(uncovered).toEqual([]);
  });

  it("are none of what clients of the first form read", () => {
    for (const feature of PLAN_FEATURES) {
      expect(firstForm.filter((line) => belongsTo(line, feature))).toEqual([]);
      expect(today.some((line) => belongsTo(line, feature))).toBe(true);
    }
  });

  it("leave everything readable that a plan of the first form can say", () => {
    expect(firstForm.filter((line) => !today.includes(line))).toEqual([]);
  });

  it("have names of their own", () => {
    const names = PLAN_FEATURES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, since } of PLAN_FEATURES) {
      expect(name).toMatch(/^[a-z][a-z0-9-]{0,63}$/);
      expect(since).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});

describe("the features that a plan uses", () => {
  const feature = (usedBy: string): PlanFeature => ({ name: usedBy, since: "9.0.0", usedBy });
  const used = (usedBy: string, plan = samplePlan): boolean =>
    featuresOf(plan, [feature(usedBy)]).length === 1;

  it("are those of its keys, of its words and of both together", () => {
    const { training } = samplePlan;
    const withProximal = { ...samplePlan, training: { ...training, proximal: 0.1 } };
    expect(used("training.proximal")).toBe(false);
    expect(used("training.proximal", withProximal)).toBe(true);
    expect(used("training.metrics=accuracy")).toBe(true);
    expect(used("training.metrics=meanSquaredError")).toBe(false);
    expect(used("update.codec=uniform & update.bits")).toBe(true);
    expect(used("update.codec=eden & update.bits")).toBe(false);
    expect(used("model.parameters.name")).toBe(true);
    expect(used("training.optimizer.name.length")).toBe(false);
  });
});
