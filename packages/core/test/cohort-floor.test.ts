import { describe, expect, it } from "vitest";
import { checkCohortFloor, withoutSmallCohort } from "../src/rounds/cohort-floor.ts";
import { exampleTask } from "../src/testing/example-task.ts";

describe("a server's floor under cohorts", () => {
  it("takes a task whose rounds and evaluations can reach it", () => {
    expect(() => checkCohortFloor(exampleTask({ round: { goalCount: 3 } }), 3)).not.toThrow();
  });

  it("refuses a task whose rounds or evaluations cannot, and names the key to change", () => {
    const round = { goalCount: 4, minimumFraction: 0.5 };
    for (const [task, path] of [
      [exampleTask({ round }), "round.goalCount"],
      [exampleTask({ round: { goalCount: 9, minimumFraction: 0.1 } }), undefined],
      [
        exampleTask({
          round: { goalCount: 9, minimumFraction: 0.1 },
          evaluation: { goalCount: 4 },
        }),
        "evaluation.goalCount",
      ],
    ] as const) {
      const check = (): void => checkCohortFloor(task, 5);
      if (path === undefined) {
        expect(check).not.toThrow();
        continue;
      }
      expect(check).toThrow(
        expect.objectContaining({ code: "TASK_INVALID", context: { path, minimumCohort: 5 } }),
      );
      expect(check).toThrow(/at least 5.*--minimum-cohort/);
    }
  });

  it("hides what fewer reports came to, and shows everything else", () => {
    const result = {
      kind: "training",
      reported: 2,
      exampleCount: 40,
      metrics: { loss: 0.5 },
      metricDetail: { aucErrorAtMost: 0.01 },
      bytesUp: 9,
    } as const;
    expect(withoutSmallCohort(result, 2)).toBe(result);
    const hidden = { exampleCount: 0, metrics: {}, metricDetail: {} };
    expect(withoutSmallCohort(result, 3)).toEqual({ ...result, ...hidden });
    const evaluation = { ...result, kind: "evaluation", reported: 1 } as const;
    expect(withoutSmallCohort(evaluation, 2).metrics).toEqual({});
    // What the operator has measured is of no client.
    const measured = { ...result, kind: "operator-evaluation", reported: 0 } as const;
    expect(withoutSmallCohort(measured, 3)).toBe(measured);
  });
});
