// The outcome of a check, and the closing line that adds up the outcomes of all checks.

/**
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} skipped - The full titles of tests that did not run.
 * @property {string} [details] - Shown when something failed: all that the tool printed.
 */

/**
 * @param {readonly Outcome[]} outcomes
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function addUp(outcomes) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of outcomes) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped.length;
  }
  return total;
}

/**
 * @param {{ passed: number, failed: number, skipped: number }} counts
 * @returns {string} Such as `412 passed, 0 failed`; skips are named only when there are any.
 */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
