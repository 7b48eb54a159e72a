import { accuracy, groupsOf, lines, runsOf } from "./paper.mjs";

const OPTIMIZERS = ["FedAvg", "FedAvgM", "FedAdagrad", "FedAdam", "FedYogi"];

/** The choice of learning rates with which an optimizer is best. @param {import("./paper.mjs").PaperRecord} record @param {string} optimizer */
const best = (record, optimizer) =>
  groupsOf(record)
    .filter(({ variant }) => variant?.startsWith(`${optimizer}, `))
    .sort((a, b) => meanOf(b) - meanOf(a))[0];

/** @param {import("./paper.mjs").Group} group */
const meanOf = ({ finalScore }) => finalScore["accuracy"]?.mean ?? 0;

const RATE = "plan.optimizer.learningRate";

/** @type {import("./paper.mjs").Paper} */
export const serverOptimizers = {
  name: "server-optimizers",
  file: "server-optimizers.yaml",
  parts: { all: [] },
  published: {
    url: "https://arxiv.org/abs/2003.00295",
    where: "abstract",
    figures:
      "the use of adaptive optimizers can significantly improve the performance of federated learning",
  },
  sections: [
    {
      name: "server-optimizers",
      table: (record) => ({
        head: [
          "optimizer",
          "learning rate of clients",
          "of the server",
          "accuracy after 20 rounds",
        ],
        rows: OPTIMIZERS.map((optimizer) => {
          const group = best(record, optimizer);
          return [
            optimizer,
            JSON.stringify(group?.settings[RATE]) ?? "–",
            group?.variant?.split(", ")[1] ?? "–",
            accuracy(group),
          ];
        }),
      }),
      chart: (record) =>
        lines(
          OPTIMIZERS.flatMap((series) => {
            const group = best(record, series);
            const run = runsOf(record).find(
              ({ variant, settings }) =>
                variant === group?.variant && settings[RATE] === group?.settings[RATE],
            );
            return (run?.curve ?? []).map(([x, y]) => ({ x, y, series, run: series }));
          }),
          { x: "round", y: "test accuracy" },
        ),
      caption: "Test accuracy by round, each optimizer with its best learning rates",
    },
  ],
};
