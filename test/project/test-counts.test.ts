import { describe, expect, it } from "vitest";
import { addUp, closingLine } from "../../infra/outcome.mjs";
import { countTests } from "../../infra/vitest-report.mjs";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((test) => ({ fullName: ` ${test} test`, status: test })),
});

describe("the count of tests", () => {
  it("adds up what passed, failed and was skipped", () => {
    const report = {
      testResults: [file("failed", "passed", "failed"), file("passed", "passed", "skipped")],
    };
    expect(countTests(report)).toEqual({ passed: 2, failed: 1, skipped: ["skipped test"] });
  });

  it("counts tests still to be written as skipped", () => {
    expect(countTests({ testResults: [file("passed", "todo")] }).skipped).toEqual(["todo test"]);
  });

  it("counts a file that could not be loaded as a failure", () => {
    const report = { testResults: [file("failed"), file("passed", "passed")] };
    expect(countTests(report)).toMatchObject({ passed: 1, failed: 1 });
  });

  it("counts a file that failed around its tests as a failure", () => {
    expect(countTests({ testResults: [file("failed", "passed", "skipped")] }).failed).toBe(1);
  });

  it("counts a run without any test as a failure", () => {
    expect(countTests({ testResults: [] }).failed).toBe(1);
  });
});

describe("the closing line", () => {
  it("names skips only when there are any", () => {
    expect(closingLine({ passed: 412, failed: 0, skipped: 0 })).toBe("412 passed, 0 failed");
    expect(closingLine({ passed: 4, failed: 1, skipped: 2 })).toBe("4 passed, 1 failed, 2 skipped");
  });

  it("is the sum over the checks", () => {
    const outcomes = [
      { passed: 3, failed: 1, skipped: ["a"] },
      { passed: 4, failed: 0, skipped: ["a", "b"] },
    ];
    expect(addUp(outcomes)).toEqual({ passed: 7, failed: 1, skipped: 3 });
  });
});
