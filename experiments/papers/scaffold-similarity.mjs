import { groupsOf, has, rounds } from "./paper.mjs";

const SIMILARITIES = [0, 0.1, 1];
const RATES = [0.1, 0.3];

/** @type {import("./paper.mjs").Paper} */
export const scaffoldSimilarity = {
  name: "scaffold-similarity",
  file: "scaffold-similarity.yaml",
  parts: { all: [] },
  published: {
    url: "https://arxiv.org/abs/1910.06378",
    where: "abstract",
    figures:
      "SCAFFOLD requires significantly fewer communication rounds and is not affected by data heterogeneity or client sampling",
  },
  sections: [
    {
      name: "scaffold-similarity",
      table(record) {
        /** The rate with which a variant is quickest; the first one if none is quick enough. @param {string} variant @param {number} similarity */
        const best = (variant, similarity) =>
          RATES.map((rate) => {
            const settings = {
              "partition.similarity": similarity,
              "plan.optimizer.learningRate": rate,
            };
            return { rate, group: groupsOf(record).find(has({ variant, settings })) };
          }).sort((a, b) => roundsOf(a.group) - roundsOf(b.group))[0];
        return {
          head: [
            "similarity",
            "FedAvg: rounds to 88 %",
            "learning rate",
            "SCAFFOLD: rounds",
            "learning rate",
          ],
          rows: SIMILARITIES.map((similarity) => [
            `${100 * similarity} %`,
            ...["FedAvg", "SCAFFOLD"].flatMap((variant) => {
              const { group, rate } = best(variant, similarity) ?? {};
              const isReached = roundsOf(group) < Infinity;
              return [rounds(group), isReached ? String(rate) : "–"];
            }),
          ]),
        };
      },
    },
  ],
};

/** @param {import("./paper.mjs").Group | undefined} group */
const roundsOf = (group) => group?.roundsToTarget?.mean ?? Infinity;
