import { lines, ratio, rounds, runsOf } from "./paper.mjs";

/** @type {import("./paper.mjs").Paper} */
export const mcmahanCnn = {
  name: "mcmahan-cnn",
  file: "mcmahan-cnn.yaml",
  parts: { all: [] },
  published: {
    url: "https://arxiv.org/abs/1602.05629",
    where: "CNN, B = 10, E = 5, C = 0.1, IID: rounds to 99 %",
    figures: { "Table 1": 18, "Table 2": 20 },
  },
  sections: [
    {
      name: "mcmahan-cnn",
      table(record) {
        const group = record.parts["all"]?.groups[0];
        return {
          head: ["", "rounds to 99 %", "paper, Table 1", "paper, Table 2", "ratio to Table 2"],
          rows: [["CNN, E = 5, B = 10, C = 0.1, IID", rounds(group), "18", "20", ratio(group, 20)]],
        };
      },
      chart: (record) =>
        lines(
          runsOf(record).flatMap(({ seed, curve }) =>
            curve.map(([x, y]) => ({ x, y, series: `seed ${seed}`, run: String(seed) })),
          ),
          { x: "round", y: "test accuracy" },
        ),
      caption: "Test accuracy of the CNN by round",
    },
  ],
};
