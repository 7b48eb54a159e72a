import { accuracy } from "./paper.mjs";

const ATTACKS = [
  "none",
  "label flip",
  "sign flip, 4 times as long",
  "Gaussian",
  "ALIE",
  "ALIE, 1.5 deviations",
];
/** Those that are also tried where each client has two shards of digits that are sorted by label. */
const IN_SHARDS = ["none", "ALIE, 1.5 deviations"];
const RULES = ["mean", "normBound", "median", "trimmedMean", "krum", "multiKrum", "bulyan"];

/** @type {import("./paper.mjs").Paper} */
export const robustRules = {
  name: "robust-rules",
  file: "robust-rules.yaml",
  parts: {
    all: [],
    shards: [
      "partition={name: shards, clients: 20}",
      'variants={none: {}, "ALIE, 1.5 deviations": {attack: {name: alie, share: 0.2, deviations: 1.5}}}',
      "sweep={aggregation: [{rule: mean}, {rule: median}, {rule: trimmedMean, byzantine: 4}, {rule: multiKrum, byzantine: 4}]}",
    ],
  },
  published: {
    url: "https://arxiv.org/abs/1902.06156",
    where: "abstract",
    figures: "small but well-crafted changes are sufficient",
  },
  sections: [
    {
      name: "robust-rules",
      table(record) {
        /** @param {string} part @param {string} attack */
        const cells = (part, attack) =>
          RULES.map((rule) =>
            accuracy(
              record.parts[part]?.groups.find(
                ({ variant, settings }) =>
                  variant === attack && isRule(settings["aggregation"], rule),
              ),
            ),
          );
        return {
          head: ["attack", ...RULES.map((rule) => `\`${rule}\``)],
          rows: [
            ...ATTACKS.map((attack) => [attack, ...cells("all", attack)]),
            ...IN_SHARDS.map((attack) => [`${attack}, by shards`, ...cells("shards", attack)]),
          ],
        };
      },
    },
  ],
};

/** @param {unknown} aggregation @param {string} rule */
const isRule = (aggregation, rule) =>
  typeof aggregation === "object" &&
  aggregation !== null &&
  Reflect.get(aggregation, "rule") === rule;
