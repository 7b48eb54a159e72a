// Where an accuracy curve first reaches a target.

/** @typedef {import("./run-cell.mjs").Point} Point */

/**
 * The curve made monotone: the best so far at each point.
 * @param {readonly Point[]} points - In the order of rounds; not modified.
 * @returns {Point[]}
 */
export function bestSoFar(points) {
  let best = 0;
  return points.map((point) => ({ ...point, accuracy: (best = Math.max(best, point.accuracy)) }));
}

/**
 * Where the monotone curve reaches the target, on the straight line between the two measurements around it; a first
 * measurement that reaches it counts where it is.
 * @param {readonly Point[]} points
 * @param {number} target - Accuracy, 0 to 1.
 * @returns {Omit<Point, "accuracy"> | null} `null` when it does not.
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
