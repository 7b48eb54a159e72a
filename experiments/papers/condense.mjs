/** No curve has many more points than this. */
const MOST_POINTS = 100;

/**
 * What is kept of a folder of results: figures, and a few points of each curve.
 * @param {import("@tributary/simulator").StoredResults} results
 * @returns {import("./record-file.mjs").RecordedPart}
 */
export function condense({ environment, summary, runs }) {
  const { tributary, node, revision, isChanged, cpu } = environment;
  const { measure, groups } = summary;
  return {
    date: new Date().toISOString().slice(0, 10),
    environment: { tributary, node, revision, isChanged, cpu },
    measure,
    groups,
    runs: runs.map((run) => ({
      variant: run.variant,
      settings: run.settings,
      seed: run.seed,
      checkpoint: run.checkpoint,
      rounds: run.rounds,
      roundsToTarget: run.roundsToTarget,
      virtualSecondsToTarget: run.virtualSecondsToTarget,
      bytesUp: run.bytesUp,
      bytesUpToTarget: run.bytesUpToTarget,
      bytesDownToTarget: run.bytesDownToTarget,
      curve: thinned(pointsOf(run.recorded, measure)),
    })),
  };
}

/**
 * @param {readonly import("@tributary/simulator").SimulatedRound[]} rounds
 * @param {string} measure
 */
const pointsOf = (rounds, measure) =>
  rounds.flatMap(({ number, score, endedAtMs }) => {
    const value = score?.[measure];
    if (value === undefined) return [];
    /** @type {readonly [number, number, number]} */
    const point = [number, Number(value.toFixed(5)), Math.round(endedAtMs / 1000)];
    return [point];
  });

/** Every so manieth point, and the last one. @template Point @param {readonly Point[]} points */
function thinned(points) {
  const step = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}
