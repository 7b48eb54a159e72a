import type { RoundRecord } from "@tributary/server";
import { formatBytes, formatSeconds } from "../terminal/output.ts";

/** Describes a round to a person: how it ended, and what became of every member of its cohort. */
export function describeRound(record: RoundRecord): string {
  return [
    `round       ${record.id}, number ${record.number}`,
    ...(record.kind === "training" ? [] : [`kind        ${record.kind}`]),
    `outcome     ${record.outcome}${record.reason === null ? "" : `: ${record.reason}`}`,
    ...(record.attempts === 1
      ? []
      : [`attempts    ${record.attempts}, until ${new Date(record.endedAtMs).toISOString()}`]),
    `began       ${new Date(record.startedAtMs).toISOString()}, took ${formatSeconds(record.roundTimeMs)}`,
    `cohort      ${record.selected}`,
    ...describeFates(record.fates),
    `examples    ${record.exampleCount}`,
    `traffic     ${formatBytes(record.bytesUp)} up, ${formatBytes(record.bytesDown)} down`,
    `metrics     ${metricsText(record.metrics)}`,
    `from        ${record.baseCheckpoint}`,
    `to          ${record.checkpoint ?? "–"}`,
  ].join("\n");
}

/** One line for each fate that members had, the most frequent first within its kind. */
function describeFates(fates: RoundRecord["fates"]): string[] {
  const lines = (
    counts: Readonly<Record<string, number>>,
    say: (reason: string) => string,
  ): [number, string][] =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => [count, say(reason)]);
  return [
    ...(fates.reported === 0 ? [] : [[fates.reported, "reported"] as const]),
    ...lines(fates.refused, (code) => `report refused: ${code}`),
    ...lines(fates.withdrew, (code) => `withdrew: ${code}`),
    ...lines(fates.left, (stage) => `connection lost while ${stage}`),
    ...lines(fates.unfinished, (stage) => `still ${stage} when the round ended`),
  ].map(([count, text]) => `${String(count).padStart(10)}  ${text}`);
}

/** "accuracy 0.9570, loss 0.1472". */
export const metricsText = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(", ");
