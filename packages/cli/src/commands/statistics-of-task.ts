import {
  decodeCheckpoint,
  layoutOf,
  readStatistics,
  filledByStatistics,
  statisticsModel,
  type ColumnStatistics,
  type TableContract,
  type NumberStatistics,
  type WordStatistics,
} from "@tributary/protocol";
import type { RoundRecord, TaskView } from "@tributary/server";
import type { AdminClient } from "../admin/admin-client.ts";
import { formatTable } from "../terminal/output.ts";

/** What a statistics task has come to. */
export interface TaskStatistics {
  /** The number of rows of all clients of its last round. */
  readonly rows: number;
  readonly statistics: readonly ColumnStatistics[];
  /** The task's data contract with the scaling and the fillings that follow from the statistics. */
  readonly examples: TableContract;
}

/** The statistics of a task; undefined if it is none that counts, or has no round yet. */
export async function statisticsOfTask(
  admin: AdminClient,
  { id, definition }: TaskView,
): Promise<TaskStatistics | undefined> {
  if (definition === null || !("builtin" in definition.model)) return undefined;
  const { model, examples } = definition;
  if (model.builtin !== "statistics" || examples === null || examples.type === "text")
    return undefined;
  const { rounds } = await admin.json<{ rounds: RoundRecord[] }>(`/v1/tasks/${id}/rounds`);
  const last = rounds.findLast(
    ({ kind, checkpoint }) => kind === "training" && checkpoint !== null,
  );
  if (last === undefined) return undefined;
  const { parameters } = statisticsModel(examples, model.bins);
  const bytes = await admin.bytes(`/v1/checkpoints/${last.checkpoint}/weights`);
  const means = decodeCheckpoint(bytes, layoutOf(parameters));
  const statistics = readStatistics(examples, model.bins, means, last.exampleCount);
  return {
    rows: last.exampleCount,
    statistics,
    examples: filledByStatistics(examples, statistics),
  };
}

/** Shows statistics to a person: numbers first, then words. */
export function describeStatistics({ rows, statistics }: TaskStatistics): string {
  const numbers = statistics.filter((one): one is NumberStatistics => one.kind === "numbers");
  const words = statistics.filter((one): one is WordStatistics => one.kind === "words");
  const header = ["numbers", "rows", "missing", "mean", "deviation"];
  const distributed = ["least", "quartile", "median", "quartile", "most"];
  return [
    `${rows} rows`,
    ...(numbers.length === 0
      ? []
      : [
          formatTable(
            [...header, ...(numbers.some(({ distribution }) => distribution) ? distributed : [])],
            numbers.map(numberCells),
          ),
        ]),
    ...(numbers.length === 0 || numbers.some(({ distribution }) => distribution)
      ? []
      : [NO_QUARTILES]),
    ...words.map(
      ({ name, counts, missing }) =>
        `${name}: ${counts.map(({ word, count }) => `${word} ${count}`).join(", ")}, missing ${missing}`,
    ),
  ].join("\n");
}

const NO_QUARTILES =
  "For quartiles and a range give features bounds: scaling: { method: minMax, minimum: …, maximum: … }.";

function numberCells(column: NumberStatistics): string[] {
  const { name, present, missing, mean, deviation, distribution } = column;
  const { least, quartiles = [], most } = distribution ?? {};
  return [
    ...[name, String(present), String(missing), shown(mean), shown(deviation)],
    ...(distribution === undefined ? [] : [least, ...quartiles, most].map(shown)),
  ];
}

const shown = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? "none" : String(Number(value.toPrecision(6)));
