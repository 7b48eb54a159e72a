import { accuracy, lines, runsOf } from "./paper.mjs";

/** @type {import("./paper.mjs").Paper} */
export const shakespeareLstm = {
  name: "shakespeare-lstm",
  file: "shakespeare-lstm.yaml",
  parts: { all: [] },
  published: {
    url: "https://arxiv.org/abs/1602.05629",
    where: "§3, the accuracy to which rounds are counted",
    figures: { target: 0.54 },
  },
  sections: [
    {
      name: "shakespeare-lstm",
      table(record) {
        const part = record.parts["all"];
        return {
          head: ["", "units", "roles", "rounds", "accuracy"],
          rows: [
            [
              "here",
              "2 × 64",
              "50",
              String(part?.runs[0]?.rounds ?? "–"),
              accuracy(part?.groups[0]),
            ],
            ["paper", "2 × 256", "1,146", "until the target", "54 %"],
          ],
        };
      },
      chart: (record) =>
        lines(
          runsOf(record).flatMap(({ seed, curve }) =>
            curve.map(([x, y]) => ({ x, y, series: `seed ${seed}`, run: String(seed) })),
          ),
          { x: "round", y: "test accuracy" },
        ),
      caption: "Accuracy of the next character by round: it still grows",
    },
  ],
};
