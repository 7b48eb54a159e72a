import type { MappedTable } from "@tributary/client-sdk";
import type { TextTable } from "@tributary/simulator";

/** The names of delimiters in a sentence. */
const DELIMITERS: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
  " ": "spaces",
};

/** Tells a person what a file with a table was found to be. */
export function describeTable({ source, rows, columns, found }: TextTable): string {
  const { form, delimiter, header, encoding, decimalMark, index } = found;
  const size = `${source}: ${rows.length} rows of ${columns.length} columns`;
  if (form === "parquet") return `${size}, in Parquet${index ? ", without its index" : ""}`;
  return [
    size,
    `divided by ${DELIMITERS[delimiter] ?? JSON.stringify(delimiter)}`,
    header ? "with a header" : "without a header",
    ...(encoding === "utf-8" ? [] : [`in ${encoding}`]),
    ...(decimalMark === "," ? ["with decimal commas"] : []),
    ...(index ? ["without its index"] : []),
  ].join(", ");
}

/** Tells a person which rows were left out and what was filled in; nothing if neither was. */
export function describeMapped({
  dropped,
  filled,
}: Pick<MappedTable, "dropped" | "filled">): string | undefined {
  const counts = (of: ReadonlyMap<string, number>): string =>
    [...of].map(([column, count]) => `${column} (${count})`).join(", ");
  const sum = (of: ReadonlyMap<string, number>): number =>
    [...of.values()].reduce((total, count) => total + count, 0);
  const parts = [
    ...(dropped.size === 0
      ? []
      : [`left out ${sum(dropped)} rows without a value in ${counts(dropped)}`]),
    ...(filled.size === 0 ? [] : [`filled in ${sum(filled)} values of ${counts(filled)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}
