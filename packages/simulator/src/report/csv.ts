import type { SimulatedRound } from "../runner/simulated-round.ts";

/** The rounds of a run as a table: one line for each round, one column for each figure. */
export function roundsCsv(rounds: readonly SimulatedRound[]): string {
  const metrics = namesIn(rounds.map((round) => round.metrics));
  const scores = namesIn(rounds.map((round) => round.score ?? {}));
  const header = [
    ...["round", "kind", "outcome", "reason", "checkpoint", "selected", "reported", "examples"],
    ...[
      "bytes_up",
      "bytes_down",
      "device_seconds",
      "wasted_seconds",
      "ended_at_ms",
      "round_time_ms",
      "seconds",
      "trainer_seconds",
    ],
    ...metrics.map((name) => `clients_${name}`),
    ...scores.map((name) => `score_${name}`),
  ];
  const lines = rounds.map((round) => [
    ...[round.number, round.kind, round.outcome, round.reason, round.checkpoint],
    ...[round.selected, round.reported, round.exampleCount, round.bytesUp, round.bytesDown],
    ...[
      round.deviceSeconds,
      round.wastedSeconds,
      round.endedAtMs,
      round.roundTimeMs,
      round.seconds,
      round.trainerSeconds,
    ],
    ...metrics.map((name) => round.metrics[name]),
    ...scores.map((name) => round.score?.[name]),
  ]);
  return [header, ...lines].map((cells) => `${cells.map(cellText).join(",")}\n`).join("");
}

/** Each name that occurs, in the order of its first occurrence. */
const namesIn = (records: readonly Readonly<Record<string, number>>[]): string[] => [
  ...new Set(records.flatMap((record) => Object.keys(record))),
];

/** A cell as RFC 4180 has it; nothing for what is not there. */
function cellText(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
