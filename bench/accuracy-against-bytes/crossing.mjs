// Finds where an accuracy curve first reaches a target.

/** @typedef {import("./run-cell.mjs").Point} Point */

/**
 * Makes a curve monotone: each point gets the best accuracy so far.
 * @param {readonly Point[]} points - In the order of rounds; not modified.
 * @returns {Point[]}
 */
export function bestSoFar(points) {
  let best = 0;
  return points.map((point) => ({ ...point, accuracy: (best = Math.max(best, point.accuracy)) }));
}

/**
 * Finds where the monotone curve reaches the target, on the straight line between the measurements before and after. If
 * the first measurement reaches the target already, that measurement is taken.
 * @param {readonly Point[]} points
 * @param {number} target - Accuracy, 0 to 1.
 * @returns {Omit<Point, "accuracy"> | null} `null` if it does not reach the target.
 * @see arXiv:1602.05629, Section 3
 */
export function crossing(points, target) {
  const curve = bestSoFar(points);
  const index = curve.findIndex(({ accuracy }) => accuracy >= target);
  const after = curve[index];
  if (after === undefined) return null;
  const before = curve[index - 1] ?? after;
  const rise = after.accuracy - before.accuracy;
  const share = rise > 0 ? (target - before.accuracy) / rise : 1;
  const between = (/** @type {number} */ a, /** @type {number} */ b) => a + share * (b - a);
  return {
    rounds: between(before.rounds, after.rounds),
    megabytesUp: between(before.megabytesUp, after.megabytesUp),
    megabytesDown: between(before.megabytesDown, after.megabytesDown),
  };
}
