import type { SimulatedRound } from "../runner/simulated-round.ts";

/** The rounds of a run as a table: one line for each round, one column for each figure. */
export function roundsCsv(rounds: readonly SimulatedRound[]): string {
  const metrics = namesIn(rounds.map((round) => round.metrics));
  const scores = namesIn(rounds.map((round) => round.score ?? {}));
  const byClient = rounds.map((round) => figuresIn(round));
  const figures = namesIn(byClient);
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
    ...figures.map((name) => `clients_${name}`),
    ...scores.map((name) => `score_${name}`),
  ];
  const lines = rounds.map((round, index) => [
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
    ...figures.map((name) => byClient[index]![name]),
    ...scores.map((name) => round.score?.[name]),
  ]);
  return [header, ...lines].map((cells) => `${cells.map(cellText).join(",")}\n`).join("");
}

/** How measures are distributed over the clients of a round: `accuracy_p10` and so on. */
const figuresIn = ({ byClient = {} }: SimulatedRound): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(byClient).flatMap(([measure, figures]) =>
      Object.entries(figures).map(([figure, value]) => [`${measure}_${figure}`, value as number]),
    ),
  );

/** Each name that occurs, in the order of its first occurrence. */
const namesIn = (records: readonly Readonly<Record<string, number>>[]): string[] => [
  ...new Set(records.flatMap((record) => Object.keys(record))),
];

/** A cell as RFC 4180 has it; nothing for what is not there. */
function cellText(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
