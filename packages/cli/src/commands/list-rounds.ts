import type { RoundInFlightView, RoundRecord } from "@tributary/server";
import { formatBytes, formatSeconds, formatTable } from "../terminal/output.ts";
import { describeInFlight, mainReasons } from "./describe-round.ts";
import { metricsText } from "../terminal/metrics-text.ts";

const HEADER = ["round", "outcome", "reports", "time", "id"];

/** Lists rounds for a person: a line for each, below it what came of it, and the one in flight. */
export function listRounds(
  rounds: readonly RoundRecord[],
  inFlight: RoundInFlightView | null,
): string {
  const rows = rounds.map(({ number, outcome, reported, selected, roundTimeMs, id }) => [
    String(number),
    outcome,
    `${reported}/${selected}`,
    formatSeconds(roundTimeMs),
    id,
  ]);
  const [header = "", ...lines] = formatTable(HEADER, rows).split("\n");
  return [
    rounds.length === 0 ? "no round has ended yet" : header,
    ...rounds.flatMap((record, index) => [
      lines[index] ?? "",
      ...resultOf(record).map((text) => `       ${text}`),
    ]),
    ...(inFlight === null ? [] : describeInFlight(inFlight)),
  ].join("\n");
}

/** What came of a round, in lines without those that would be empty. */
function resultOf(record: RoundRecord): string[] {
  const { kind, outcome, reason, attempts, bytesUp, bytesDown, metrics } = record;
  const times = attempts === 1 ? "" : `, ${attempts} times`;
  const what = [kind === "training" ? "" : kind, reason === null ? "" : `${reason}${times}`].filter(
    (text) => text !== "",
  );
  const traffic = `${formatBytes(bytesUp)} up, ${formatBytes(bytesDown)} down`;
  const result =
    outcome === "abandoned"
      ? mainReasons(record)
      : [bytesUp + bytesDown === 0 ? "" : traffic, metricsText(metrics)]
          .filter((text) => text !== "")
          .join("; ");
  return [what.join(": "), result].filter((text) => text !== "");
}
