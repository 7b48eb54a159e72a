import type { RoundInFlightView, RoundRecord } from "@tributary/server";
import { describeDetail } from "./describe-detail.ts";
import { metricsText } from "../terminal/metrics-text.ts";
import { formatBytes, formatSeconds } from "../terminal/output.ts";

/** Puts a line below the facts of the line before it. */
const INDENT = " ".repeat(12);

/**
 * Describes a round to a person: how it ended, and what became of every member of its cohort.
 * @param classNames - The names of the classes, if the task's data contract has them.
 */
export function describeRound(record: RoundRecord, classNames?: readonly string[]): string {
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
    ...describeDetail(record.metricDetail, classNames),
    `from        ${record.baseCheckpoint}`,
    `to          ${record.checkpoint ?? "–"}`,
  ].join("\n");
}

/** How many of the most frequent reasons a short text names. */
const REASONS = 2;

/** Why most members of a round sent no report: "51 withdrew PLAN_REFUSED, 2 left training". */
export function mainReasons({ fates }: Pick<RoundRecord, "fates">): string {
  const { refused, withdrew, left, unfinished } = fates;
  const reasons = Object.entries({ refused, withdrew, left, unfinished })
    .flatMap(([fate, counts]) =>
      Object.entries(counts).map(([why, count]) => ({ count, text: `${count} ${fate} ${why}` })),
    )
    .sort((a, b) => b.count - a.count)
    .map(({ text }) => text);
  const more = reasons.length > REASONS ? ["…"] : [];
  return [...reasons.slice(0, REASONS), ...more].join(", ");
}

/** Describes a round that has not ended: whom it still waits for, and whom it cannot use. */
export function describeInFlight(round: RoundInFlightView): string[] {
  const { needed, goal, minimum, gathered, selected, atWork, reported, missing, unusable } = round;
  const kind = round.kind === "training" ? "" : `${round.kind}, `;
  const lost = selected - atWork - reported;
  return [
    `in flight   round ${round.number}, ${kind}${round.phase} for ${formatSeconds(round.elapsedMs)}`,
    `            ${round.id}`,
    ...(selected === 0
      ? [`${INDENT}${gathered} of ${needed} clients have come, ${missing} are still needed`]
      : [
          `${INDENT}${selected} selected: ${reported} reported, ${atWork} at work, ${lost} lost`,
          `${INDENT}${missing} reports are still needed; it can commit with ${minimum} of ${goal}`,
        ]),
    ...unusableText("waiting, but of no use now", unusable.waiting),
    ...unusableText("turned away since it was opened", unusable.turnedAway),
  ];
}

function unusableText(what: string, counts: Readonly<Record<string, number>>): string[] {
  const reasons = Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason}`);
  return reasons.length === 0 ? [] : [`${INDENT}${what}: ${reasons.join(", ")}`];
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
