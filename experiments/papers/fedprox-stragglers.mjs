import { shown, shownMeasure, spreadOf } from "@tributary/simulator";
import { groupsOf, has, lines, runsOf } from "./paper.mjs";

const VARIANTS = ["FedAvg, stragglers dropped", "FedProx, μ = 0", "FedProx, μ = 1"];

/** @type {import("./paper.mjs").Paper} */
export const fedproxStragglers = {
  name: "fedprox-stragglers",
  file: "fedprox-stragglers.yaml",
  parts: { all: [] },
  published: {
    url: "https://arxiv.org/abs/1812.06127",
    where: "abstract",
    figures:
      "in highly heterogeneous settings, FedProx demonstrates significantly more stable and accurate convergence behavior relative to FedAvg—improving absolute test accuracy by 22% on average",
  },
  sections: [
    {
      name: "fedprox-stragglers",
      table: (record) => ({
        head: ["", "accuracy, mean of 100 rounds", "worst of the last 50", "last loss"],
        rows: VARIANTS.map((variant) => {
          const runs = runsOf(record).filter(has({ variant }));
          const loss = groupsOf(record).find(has({ variant }))?.finalScore["loss"];
          const cell = (/** @type {(scores: readonly number[]) => number} */ figure) =>
            shown(
              spreadOf(runs.map(({ curve }) => figure(curve.map(([, score]) => score)))),
              (value) => shownMeasure("accuracy", value),
            );
          return [
            variant,
            cell((scores) => scores.reduce((sum, score) => sum + score, 0) / scores.length),
            cell((scores) => Math.min(...scores.slice(-50))),
            shown(loss, (value) => value.toFixed(2)),
          ];
        }),
      }),
      chart: (record) =>
        lines(
          runsOf(record).flatMap(({ variant, seed, curve }) =>
            curve.map(([x, y]) => ({ x, y, series: variant ?? "", run: `${variant} ${seed}` })),
          ),
          { x: "round", y: "test accuracy" },
        ),
      caption: "Test accuracy by round, a line for each seed",
    },
  ],
};
