// What the measurements of all come to.

/**
 * @typedef {object} Measurement
 * @property {number} secondsPerRound
 * @property {number} finalLoss - Mean loss of the clients' training in the last round.
 * @property {string} [version]
 */

/**
 * A peer's measurements, one for each repeat, or why there are none.
 * @typedef {readonly Measurement[] | { readonly missing: string }} PeerOutcome
 */

/** Losses that differ by less are those of the same training in another order of the examples. */
const LARGEST_DIFFERENCE = 0.03;

/**
 * @param {readonly Measurement[]} ours - One for each repeat.
 * @param {Readonly<Record<string, PeerOutcome>>} peers
 */
export function reportOf(ours, peers) {
  const own = summaryOf(ours);
  const compared = Object.entries(peers).map(([name, outcome]) => {
    if ("missing" in outcome) return /** @type {const} */ ([name, outcome]);
    const summary = summaryOf(outcome);
    // Both of a repeat are measured within minutes, so that their ratio says more than that of medians.
    const ratios = ours.map((one, index) => secondsOf(outcome[index]) / one.secondsPerRound);
    const difference = Math.abs(summary.finalLoss - own.finalLoss) / own.finalLoss;
    const learnsTheSame = difference <= LARGEST_DIFFERENCE;
    return /** @type {const} */ ([
      name,
      { ...summary, ratio: rounded(median(ratios)), learnsTheSame },
    ]);
  });
  return {
    ours: own,
    ...Object.fromEntries(compared),
    ratios: Object.fromEntries(
      compared.map(([name, peer]) => [name, "ratio" in peer ? peer.ratio : null]),
    ),
  };
}

/** @param {readonly Measurement[]} repeats */
function summaryOf(repeats) {
  const [first] = repeats;
  return {
    ...(first?.version === undefined ? {} : { version: first.version }),
    secondsPerRound: rounded(median(repeats.map((one) => one.secondsPerRound))),
    repeats: repeats.map((one) => rounded(one.secondsPerRound)),
    finalLoss: rounded(median(repeats.map((one) => one.finalLoss))),
  };
}

/** @param {Measurement | undefined} measurement */
const secondsOf = (measurement) => measurement?.secondsPerRound ?? Number.NaN;

/** @param {readonly number[]} values - At least one. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** Rounded to four digits: the others would be noise. @param {number} value */
export const rounded = (value) => Number(value.toPrecision(4));

/**
 * The report as a table.
 * @param {ReturnType<typeof reportOf>} report
 * @returns {string[]}
 */
export function tableOf({ ours, ratios, ...peers }) {
  const rows = Object.entries(peers).map(([name, peer]) =>
    "missing" in peer
      ? `| ${name} | missing: ${peer.missing.replaceAll("|", "/")} | | |`
      : `| ${[name, peer.version].filter(Boolean).join(" ")} | ${peer.secondsPerRound} | ${ratios[name]} × | ${peer.finalLoss} |`,
  );
  return [
    "| | seconds a round | of ours | final loss |",
    "|---|---|---|---|",
    `| ours | ${ours.secondsPerRound} | 1 × | ${ours.finalLoss} |`,
    ...rows,
  ];
}
