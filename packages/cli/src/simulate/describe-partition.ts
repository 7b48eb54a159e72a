import type { ClientRange, PartitionInput, PartitionSummary } from "@tributary/simulator";
import { formatTable } from "../terminal/output.ts";

/** What is shown of a partition. */
export interface ShownPartition extends PartitionSummary {
  /** The name of the data set. */
  readonly data: string;
  readonly partition: PartitionInput;
  readonly seed: number;
  /** The file with the picture, if there is one. */
  readonly svg?: string;
}

/** A partition as a person reads it: how it is made, and a table of how the clients differ. */
export function describePartition(shown: ShownPartition): string {
  const { data, partition, seed, examplesPerClient, classesPerClient, labelDistance } = shown;
  const { name, ...options } = partition;
  const said = Object.entries(options).map(([key, value]) => `${key} ${shortly(value)}`);
  const row = (title: string, range: ClientRange): string[] => [
    title,
    ...[range.least, range.median, range.most].map(count),
  ];
  const unused =
    shown.unusedExamples === 0 ? "" : `, and ${count(shown.unusedExamples)} that nobody has`;
  return [
    `${data} divided by ${name} (${[...said, `seed ${seed}`].join(", ")})`,
    `${count(shown.clients)} clients with ${count(shown.examples)} examples${unused}`,
    "",
    formatTable(
      ["of a client", "least", "median", "most"],
      [
        row("examples", examplesPerClient),
        ...(classesPerClient === undefined ? [] : [row("classes", classesPerClient)]),
      ],
    ),
    ...(labelDistance === undefined
      ? []
      : [
          "",
          `Clients' classes are ${labelDistance.toFixed(3)} away from those of all examples: the mean total variation distance, 0 for clients that are all alike.`,
        ]),
    ...(shown.svg === undefined ? [] : ["", `picture in ${shown.svg}`]),
  ].join("\n");
}

const count = (value: number): string => value.toLocaleString("en");

/** A value of an option in few characters: a list may have one for each client. */
function shortly(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 37)}…`;
}
