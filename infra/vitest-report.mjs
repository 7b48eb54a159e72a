/**
 * @typedef {object} VitestReport - The part of the JSON reporter's output that is read here.
 * @property {readonly {
 *   name: string, status: string, message?: string,
 *   assertionResults: readonly { fullName: string, status: string }[]
 * }[]} testResults
 */

/**
 * Counts tests. A file that could not be loaded has no test in the report and counts as one failure. A
 * run without any test counts as one failure too.
 * @param {VitestReport} report
 * @returns {import("./outcome.mjs").Outcome}
 */
export function countTests(report) {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const passed = tests.filter((test) => test.status === "passed").length;
  const failed = tests.filter((test) => test.status === "failed").length + brokenFiles.length;
  // Vitest calls skipped tests "pending" or "skipped", and tests that are still to be written "todo".
  const skipped = tests.filter((test) => !["passed", "failed"].includes(test.status));
  return {
    passed,
    failed: tests.length === 0 && failed === 0 ? 1 : failed,
    skipped: skipped.map((test) => test.fullName.trim()),
  };
}
