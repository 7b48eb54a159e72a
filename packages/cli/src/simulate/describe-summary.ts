import {
  describeSettings,
  type ExperimentSummary,
  type GroupSummary,
  type Spread,
} from "@tributary/simulator";
import { formatTable } from "../terminal/output.ts";
import { shownValue } from "./show-simulation.ts";

/** What an experiment has come to, as a table with a line for each choice of what it varies. */
export function describeSummary({ measure, groups, runs }: ExperimentSummary, out: string): string {
  const shown = (spread: Spread | null | undefined, show: (value: number) => string): string => {
    if (spread === null || spread === undefined) return "–";
    const deviation = spread.count === 1 ? "" : ` ± ${show(spread.deviation)}`;
    return `${show(spread.mean)}${deviation}`;
  };
  const rows = groups.map((group) => [
    describeSettings(group.settings) || "–",
    String(group.seeds.length),
    shown(group.finalScore[measure], (value) => shownValue(measure, value)),
    shown(group.best, (value) => shownValue(measure, value)),
    withReached(
      shown(group.roundsToTarget, (value) => value.toFixed(1)),
      group,
    ),
  ]);
  const table = formatTable(
    ["settings", "runs", `last ${measure}`, `best ${measure}`, "rounds to target"],
    rows,
  );
  const names = runs.length === 1 ? `checkpoint ${runs[0]!.checkpoint}\n` : "";
  return `${table}\n${names}results in ${out}`;
}

/** Adds how many runs have reached the target, unless it is all or none. */
function withReached(text: string, { roundsToTarget, seeds }: GroupSummary): string {
  const reached = roundsToTarget?.count ?? 0;
  return reached === 0 || reached === seeds.length
    ? text
    : `${text} (${reached} of ${seeds.length})`;
}
