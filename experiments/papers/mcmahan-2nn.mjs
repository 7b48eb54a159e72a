import { groupsOf, has, ratio, rounds } from "./paper.mjs";

/** How many of the 100 clients are in a round, by C of the paper. */
const COHORTS = [
  { share: "0.1", cohort: 10 },
  { share: "0.2", cohort: 20 },
  { share: "0.5", cohort: 50 },
  { share: "1", cohort: 100 },
];
const RATES = [0.0464, 0.1, 0.215, 0.464];

/** Rounds to 97 %, by partition and C. */
const PUBLISHED = {
  ...{ "iid, C=0.1": 87, "iid, C=0.2": 77, "iid, C=0.5": 75, "iid, C=1": 70 },
  ...{ "shards, C=0.1": 664, "shards, C=0.2": 619, "shards, C=0.5": 443, "shards, C=1": 380 },
};

/** @type {import("./paper.mjs").Paper} */
export const mcmahan2nn = {
  name: "mcmahan-2nn",
  file: "mcmahan-2nn.yaml",
  parts: {
    iid: ["sweep={partition.name: [iid], round.goalCount: [10, 20, 50, 100]}"],
    shards: ["sweep={partition.name: [shards], round.goalCount: [10]}", "stop.rounds=500"],
    rates: [
      "sweep={partition.name: [iid], plan.optimizer.learningRate: [0.0464, 0.1, 0.464]}",
      "stop.rounds=150",
    ],
  },
  published: {
    url: "https://arxiv.org/abs/1602.05629",
    where: "Table 1, 2NN, B = 10, E = 1: rounds to 97 %",
    figures: PUBLISHED,
  },
  sections: [
    {
      name: "mcmahan-2nn",
      table(record) {
        /** @param {"iid" | "shards"} partition @param {string} share @param {number} cohort */
        const cells = (partition, share, cohort) => {
          const settings = { "partition.name": partition, "round.goalCount": cohort };
          const group = groupsOf(record).find(has({ settings }));
          const paper =
            PUBLISHED[/** @type {keyof typeof PUBLISHED} */ (`${partition}, C=${share}`)];
          return [rounds(group), String(paper), ratio(group, paper)];
        };
        return {
          head: ["C", ...["IID", "paper", "ratio"], ...["shards", "paper", "ratio"]],
          rows: COHORTS.map(({ share, cohort }) => [
            share,
            ...cells("iid", share, cohort),
            ...cells("shards", share, cohort),
          ]),
        };
      },
    },
    {
      name: "mcmahan-2nn-rates",
      table(record) {
        const groupOf = (/** @type {number} */ rate) =>
          groupsOf(record).find(
            rate === 0.215
              ? has({ settings: { "partition.name": "iid", "round.goalCount": 10 } })
              : has({ settings: { "plan.optimizer.learningRate": rate } }),
          );
        return {
          head: ["learning rate", ...RATES.map(String), "paper"],
          rows: [["IID, C = 0.1: rounds", ...RATES.map((rate) => rounds(groupOf(rate))), "87"]],
        };
      },
    },
  ],
};
