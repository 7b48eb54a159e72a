import type { Plan } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { PlanSummary } from "../src/index.ts";
import { planSummary } from "../src/trust/plan-summary.ts";
import { wholePlan } from "../src/trust/whole-plan.ts";
import { lineExamples, linearPlan } from "./support/linear-task.ts";
import { begin, stage } from "./support/participant.ts";
import { crypto } from "./support/scripted-server.ts";

/** A function for `approvePlan` whose answers the test gives. */
function questions(): {
  readonly asked: { readonly plan: Plan; readonly summary: PlanSummary }[];
  readonly approvePlan: (plan: Plan, summary: PlanSummary) => Promise<boolean>;
  readonly answer: (approved: boolean) => void;
} {
  const asked: { plan: Plan; summary: PlanSummary }[] = [];
  const waiting: ((approved: boolean) => void)[] = [];
  return {
    asked,
    approvePlan: (plan, summary) => {
      asked.push({ plan, summary });
      return new Promise((resolve) => waiting.push(resolve));
    },
    answer: (approved) => waiting.shift()!(approved),
  };
}

/** The first question, once it has been asked. */
async function firstAsked(asked: readonly unknown[]): Promise<void> {
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe("approvePlan", () => {
  it("is asked before anything is done with the examples, and once for a plan", async () => {
    const app = questions();
    const set = stage({ approvePlan: app.approvePlan });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const first = connection.configure(set.model);
    await firstAsked(app.asked);
    expect(set.trainer.trainings).toBe(0);
    app.answer(true);
    await connection.takeReportAfterConfigured(first.roundId);
    connection.accept(first.roundId);
    connection.commit(first.roundId, set.model, 0);
    await reader.until("round-finished");
    const { heldArtifacts: held } = await connection.checkIn();
    connection.configure(set.model, { roundNumber: 2, held });
    await reader.until("trained");
    expect(app.asked).toHaveLength(1);
    expect(app.asked[0]).toMatchObject({
      plan: set.model.plan,
      summary: { task: "line", purpose: "training", exampleCount: 8, steps: 6 },
    });
    await reader.leave();
  });

  it("makes the client withdraw when the answer is no, and does not ask again", async () => {
    const app = questions();
    const set = stage({ approvePlan: app.approvePlan });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model);
    await firstAsked(app.asked);
    app.answer(false);
    const { retryInMs } = await reader.until("withdrawn");
    await connection.expect("configured");
    await connection.expect("withdraw");
    await set.clock.untilPending(retryInMs);
    set.clock.advance(retryInMs);
    const { heldArtifacts: held } = await connection.checkIn();
    connection.configure(set.model, { roundNumber: 2, held });
    const { error } = await reader.until("withdrawn");
    expect(error).toMatchObject({ code: "PLAN_REFUSED", context: { plan: set.model.planId } });
    expect(set.trainer.trainings).toBe(0);
    expect(app.asked).toHaveLength(1);
    await reader.leave();
  });

  it.each([
    [undefined, /did not approve/],
    ["yes", /did not approve/],
    [new Error("the dialog is gone"), /approvePlan failed: the dialog is gone/],
  ])("refuses the plan when it answers %s", async (answer, message) => {
    const approvePlan = (): boolean => {
      if (answer instanceof Error) throw answer;
      return answer as unknown as boolean;
    };
    const set = stage({ approvePlan });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model);
    const { error } = await reader.until("withdrawn");
    expect(error.code).toBe("PLAN_REFUSED");
    expect(error.message).toMatch(message);
    expect(set.trainer.trainings).toBe(0);
    await reader.leave();
  });

  it("is not asked about another plan while a question is open, whose answer still counts later", async () => {
    const app = questions();
    const set = stage({ approvePlan: app.approvePlan });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await firstAsked(app.asked);
    await connection.expect("configured");
    connection.abandon(roundId);
    await reader.until("round-finished");
    await connection.checkIn();
    const other = set.serve(linearPlan({ minimumCohort: 3 }), new Float32Array(3));
    connection.configure(other, { roundNumber: 2 });
    const { error, retryInMs } = await reader.until("withdrawn");
    expect(error.message).toMatch(/has not answered about another plan/);
    app.answer(true);
    await connection.expect("configured");
    await connection.expect("withdraw");
    await set.clock.untilPending(retryInMs);
    set.clock.advance(retryInMs);
    const { heldArtifacts: held } = await connection.checkIn();
    connection.configure(set.model, { roundNumber: 3, held });
    await reader.until("trained");
    expect(app.asked).toHaveLength(1);
    await reader.leave();
  });

  it("is not asked about a plan that a floor refuses", async () => {
    const app = questions();
    const set = stage({ approvePlan: app.approvePlan, floors: { minimumCohort: 9 } });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model);
    await reader.until("withdrawn");
    expect(app.asked).toEqual([]);
    await reader.leave();
  });
});

describe("the summary of a plan", () => {
  const summaryOf = (plan: Plan, purpose: "training" | "evaluation" = "training"): PlanSummary =>
    planSummary(crypto, wholePlan("id" as never, new Uint8Array(), plan), {
      purpose,
      exampleCount: lineExamples().count,
    });

  it("says in plain words what is done and what leaves the device", () => {
    const plan = linearPlan({ clipNorm: 2, update: { codec: "uniform", bits: 8 } });
    expect(summaryOf(plan).text.split("\n")).toEqual([
      "The task line trains a model of 3 parameters in 6 steps on 8 examples of this device.",
      "An update of 3 values leaves the device in at most 11 bytes, with about 8.02 bits for each value; it is bounded to a norm of 2.",
      "The number of examples and these figures leave the device: loss.",
      "The server combines what at least 2 clients send. The examples themselves stay on the device.",
    ]);
  });

  it("says under which conditions of the device that is done", () => {
    const plan = linearPlan({ conditions: { charging: true, unknown: "met" } });
    expect(summaryOf(plan).text.split("\n")[1]).toBe(
      "It works only while the device is on external power. What the device cannot tell counts as so.",
    );
  });

  it("names no update in an evaluation, and the sums of metrics that are no means", () => {
    const { training } = linearPlan();
    const plan = linearPlan({ training: { ...training, metrics: ["rSquared"] } });
    const summary = summaryOf(plan, "evaluation");
    expect(summary).toMatchObject({ sentParameters: 0, updateBytes: 0, steps: 0 });
    expect(summary.reported).toEqual(["loss", "sums of residuals"]);
    expect(summary.text).not.toMatch(/update/);
  });
});
