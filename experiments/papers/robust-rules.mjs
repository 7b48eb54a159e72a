import { accuracy, groupsOf } from "./paper.mjs";

const ATTACKS = [
  "none",
  "label flip",
  "sign flip, 4 times as long",
  "Gaussian",
  "ALIE",
  "ALIE, 1.5 deviations",
];
const RULES = ["mean", "normBound", "median", "trimmedMean", "krum", "multiKrum", "bulyan"];

/** @type {import("./paper.mjs").Paper} */
export const robustRules = {
  name: "robust-rules",
  file: "robust-rules.yaml",
  parts: { all: [] },
  published: {
    url: "https://arxiv.org/abs/1902.06156",
    where: "abstract",
    figures: "small but well-crafted changes are sufficient",
  },
  sections: [
    {
      name: "robust-rules",
      table: (record) => ({
        head: ["attack", ...RULES.map((rule) => `\`${rule}\``)],
        rows: ATTACKS.map((attack) => [
          attack,
          ...RULES.map((rule) =>
            accuracy(
              groupsOf(record).find(
                ({ variant, settings }) =>
                  variant === attack && isRule(settings["aggregation"], rule),
              ),
            ),
          ),
        ]),
      }),
    },
  ],
};

/** @param {unknown} aggregation @param {string} rule */
const isRule = (aggregation, rule) =>
  typeof aggregation === "object" &&
  aggregation !== null &&
  Reflect.get(aggregation, "rule") === rule;
