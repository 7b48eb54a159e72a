import { groupsOf, has, ratio, rounds } from "./paper.mjs";

/** How many of the 100 clients are in a round, by C of the paper. */
const COHORTS = [
  { share: "0.1", cohort: 10 },
  { share: "0.2", cohort: 20 },
  { share: "0.5", cohort: 50 },
  { share: "1", cohort: 100 },
];
/** The first cell of the table. */
const TENTH = { "partition.name": "iid", "round.goalCount": 10 };

/** Learning rates that are tried besides. */
const RATES = [0.464, 0.1, 0.0464];

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
    shards20: ["sweep={partition.name: [shards], round.goalCount: [20]}", "stop.rounds=500"],
    shards50: ["sweep={partition.name: [shards], round.goalCount: [50]}", "stop.rounds=500"],
    shards100: ["sweep={partition.name: [shards], round.goalCount: [100]}", "stop.rounds=500"],
    rates: [
      "sweep={partition.name: [iid], plan.optimizer.learningRate: [0.0464, 0.1, 0.464]}",
      "stop.rounds=150",
    ],
    seeds: ["partition.name=iid", "seeds=[2, 3]"],
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
        const paper = PUBLISHED["iid, C=0.1"];
        /** @param {string} what @param {import("./paper.mjs").Group | undefined} group */
        const row = (what, group) => [what, rounds(group), ratio(group, paper)];
        const rateOf = (/** @type {number} */ rate) => ({ "plan.optimizer.learningRate": rate });
        const others = record.parts["rates"]?.groups ?? [];
        return {
          head: ["IID, C = 0.1", "rounds", "ratio"],
          rows: [
            row("learning rate 0.215, seed 1", groupsOf(record).find(has({ settings: TENTH }))),
            row("learning rate 0.215, seeds 2 and 3", record.parts["seeds"]?.groups[0]),
            ...RATES.map((rate) =>
              row(`learning rate ${rate}`, others.find(has({ settings: rateOf(rate) }))),
            ),
          ],
        };
      },
    },
  ],
};
