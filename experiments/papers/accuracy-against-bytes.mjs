import { groupsOf, has, lines, rounds, runsOf } from "./paper.mjs";

/** @typedef {import("./record-file.mjs").RecordedRun} Run */
/** @typedef {import("./paper.mjs").PaperRecord} PaperRecord */

const FEDSGD = "FedSGD, float32";
const DIFFERENCES = "4 bits, differences down";
const CODECS = [
  ...["8 bits", "4 bits", "2 bits", "1 bit", "0.5 bits", "0.125 bits", "0.0625 bits"],
];
const VARIANTS = [FEDSGD, "float32", ...CODECS, DIFFERENCES];

/** How many clients report in a round. */
const COHORT = 10;

/** Learning rates of FedSGD, of which the last is taken, and after how many rounds they are compared. */
const RATES = [0.215, 0.464, 1];
const COMPARED_AFTER = 100;

/** @type {import("./paper.mjs").Paper} */
export const accuracyAgainstBytes = {
  name: "accuracy-against-bytes",
  file: "accuracy-against-bytes.yaml",
  parts: {
    codecs: [],
    rates: [
      ...["variants={}", "plan.update={codec: float32}", "plan.batchSize=600"],
      `sweep={plan.optimizer.learningRate: [${RATES.slice(0, -1).join(", ")}]}`,
      ...["scoring.everyRounds=10", `stop.rounds=${COMPARED_AFTER}`],
    ],
  },
  published: {
    url: "https://arxiv.org/abs/1602.05629",
    where: "Table 1, 2NN, IID, C = 0.1, E = 1: rounds to 97 %",
    figures: { FedSGD: 1474, "FedAvg, B = 10": 87 },
  },
  sections: [
    {
      name: "accuracy-against-bytes",
      table(record) {
        const base = runOf(record, FEDSGD);
        return {
          head: [
            ...["", "one update, kB", "rounds", "up, MB", "down, MB"],
            ...["up: × less than FedSGD", "both ways: × less", "best accuracy"],
          ],
          rows: VARIANTS.map((variant) => {
            const run = runOf(record, variant);
            const group = groupsOf(record).find(has({ variant }));
            const best = group?.best?.mean;
            return [
              variant,
              run === undefined ? "–" : (updateBytes(run) / 1e3).toFixed(1),
              rounds(group),
              megabytes(run?.bytesUpToTarget),
              megabytes(run?.bytesDownToTarget),
              times(base, run, up),
              times(base, run, bothWays),
              best === undefined ? "–" : `${(100 * best).toFixed(2)} %`,
            ];
          }),
        };
      },
      chart: (record) =>
        lines(
          runsOf(record)
            .filter(({ variant }) => variant !== null && !NOT_SHOWN.has(variant))
            .flatMap(curveByBytes),
          {
            x: "sent up by all clients, MB (logarithmic)",
            y: "test accuracy, best so far",
            log: true,
          },
        ),
      caption:
        "Test accuracy by megabytes sent up, from 85 % on: each halving of the bits moves the curve to the left",
    },
    {
      name: "accuracy-against-bytes-claims",
      table(record) {
        const [base, float32, eighth, least] = [
          ...[FEDSGD, "float32", "0.125 bits", "0.0625 bits"],
        ].map((variant) => runOf(record, variant));
        const share =
          float32 && eighth ? (updateBytes(float32) / updateBytes(eighth)).toFixed(0) : "–";
        return {
          head: ["claim", "published", "here"],
          rows: [
            [
              "averaging against FedSGD: fewer rounds",
              "17 times ([McMahan 2017](https://arxiv.org/abs/1602.05629): 1,474 to 87)",
              `${times(base, float32, (run) => run.roundsToTarget)} times`,
            ],
            [
              "rotation, quantization and subsampling: fewer bytes an update",
              "about 256 times, at 2 bits for 6.25 % of the values ([Konečný 2016](https://arxiv.org/abs/1610.05492))",
              `${share} times at an eighth of a bit`,
            ],
            [
              "what that saves until the target, its extra rounds counted",
              "–",
              CODECS.map((codec) => `${times(float32, runOf(record, codec), up)} (${codec})`).join(
                ", ",
              ),
            ],
            [
              "averaging and compression together: fewer bytes up",
              "–",
              `${times(base, least, up)} times (0.0625 bits)`,
            ],
          ],
        };
      },
    },
    {
      name: "accuracy-against-bytes-rates",
      table(record) {
        const runs = [...(record.parts["rates"]?.runs ?? []), runOf(record, FEDSGD)];
        return {
          head: ["FedSGD, learning rate", ...RATES.map(String)],
          rows: [
            [
              `best accuracy in ${COMPARED_AFTER} rounds`,
              ...RATES.map((_, index) => {
                const points =
                  runs[index]?.curve.filter(([round]) => round <= COMPARED_AFTER) ?? [];
                const best = Math.max(...points.map(([, value]) => value));
                return points.length === 0 ? "–" : `${(100 * best).toFixed(2)} %`;
              }),
            ],
          ],
        };
      },
    },
  ],
};

/** Half a bit lies between its neighbours, and what differs downwards only on top of another line. */
const NOT_SHOWN = new Set(["0.5 bits", DIFFERENCES]);

/** The accuracy from which curves are drawn. */
const FLOOR = 0.85;

/** @param {PaperRecord} record @param {string} variant */
const runOf = (record, variant) => runsOf(record).find(has({ variant }));

/** Each round of a run has as many reports, and each report as many bytes. @param {Run} run */
const updateBytes = ({ bytesUp = NaN, rounds: count }) => bytesUp / count / COHORT;

const up = (/** @type {Run} */ { bytesUpToTarget }) => bytesUpToTarget;
const bothWays = (/** @type {Run} */ { bytesUpToTarget, bytesDownToTarget }) =>
  (bytesUpToTarget ?? NaN) + (bytesDownToTarget ?? NaN);

/**
 * How many times less the second run took than the first, for a cell.
 * @param {Run | undefined} first @param {Run | undefined} second
 * @param {(run: Run) => number | null | undefined} measure
 */
function times(first, second, measure) {
  const [more = NaN, less = NaN] = [first, second].map((run) => (run && measure(run)) || NaN);
  const ratio = more / less;
  if (Number.isNaN(ratio)) return "–";
  return ratio >= 100 ? Math.round(ratio).toLocaleString("en") : ratio.toPrecision(2);
}

/** @param {number | null | undefined} bytes */
const megabytes = (bytes) =>
  bytes ? Number((bytes / 1e6).toPrecision(3)).toLocaleString("en") : "–";

/** The best score so far by megabytes sent up. @param {Run} run */
function curveByBytes(run) {
  const { variant, seed, curve } = run;
  const perRound = (updateBytes(run) * COHORT) / 1e6;
  let best = 0;
  return curve.flatMap(([round, value]) => {
    best = Math.max(best, value);
    if (best < FLOOR) return [];
    return [{ x: round * perRound, y: best, series: variant ?? "", run: `${variant} ${seed}` }];
  });
}
