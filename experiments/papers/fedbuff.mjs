import { shown, spreadOf } from "@tributary/simulator";
import { groupsOf, has, lines, rounds, runsOf } from "./paper.mjs";

/** How many reports each variant adds in a step of the server. */
const REPORTS = { FedBuff: 10, rounds: 60, "rounds with overselection": 46 };

/** @type {import("./paper.mjs").Paper} */
export const fedbuff = {
  name: "fedbuff",
  file: "fedbuff.yaml",
  parts: { all: [] },
  published: {
    url: "https://arxiv.org/abs/2106.06639",
    where: "abstract",
    figures: "FedBuff is 3.3x more efficient than synchronous FL",
  },
  sections: [
    {
      name: "fedbuff",
      table(record) {
        const secondsOf = (/** @type {string} */ variant) =>
          spreadOf(
            runsOf(record)
              .filter(has({ variant }))
              .map(({ virtualSecondsToTarget }) => virtualSecondsToTarget),
          );
        const fedbuffs = secondsOf("FedBuff")?.mean ?? NaN;
        return {
          head: [
            ...["", "server steps to 95 %", "reports to 95 %"],
            ...["virtual seconds to 95 %", "times as long as FedBuff"],
          ],
          rows: Object.entries(REPORTS).map(([variant, reports]) => {
            const group = groupsOf(record).find(has({ variant }));
            const seconds = secondsOf(variant);
            return [
              variant,
              rounds(group),
              shown(group?.roundsToTarget, (steps) => (reports * steps).toFixed(0)),
              shown(seconds, (value) => value.toFixed(0)),
              seconds === null ? "–" : (seconds.mean / fedbuffs).toFixed(1),
            ];
          }),
        };
      },
      chart: (record) =>
        lines(
          runsOf(record).flatMap(({ variant, seed, curve }) =>
            curve
              .filter(([, , seconds]) => seconds > 0)
              .map(([, y, x]) => ({ x, y, series: variant ?? "", run: `${variant} ${seed}` })),
          ),
          { x: "virtual seconds", y: "test accuracy", log: true },
        ),
      caption: "Test accuracy by virtual time, a line for each seed",
    },
  ],
};
