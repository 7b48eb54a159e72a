import { TributaryError, type RandomSource } from "@tributary/protocol";
import { randomStream } from "../random/random-stream.ts";
import type { TextTable } from "../tables/text-table.ts";
import { drawFrom } from "./distribution.ts";
import type { PopulationOptions } from "./population-options.ts";

/** What is drawn for each device, or read from a trace. */
const TRAITS = ["secondsPerExample", "downloadBytesPerSecond", "uploadBytesPerSecond"] as const;

/** A trait of devices. */
export type Trait = (typeof TRAITS)[number];

/** The traits of all devices, one value for each client. */
export type DeviceTraits = Readonly<Record<Trait, Float64Array>>;

/**
 * Draws the traits of all devices. They stay the same for the whole run.
 * @param random - Each trait draws from a child of it.
 * @param trace - The table of devices that `options.trace` names.
 * @throws TributaryError `CONFIG_INVALID` when a column of the trace is not what it should be.
 */
export function drawTraits(
  options: PopulationOptions,
  clients: number,
  random: RandomSource,
  trace?: TextTable,
): DeviceTraits {
  const rows = trace === undefined ? undefined : drawnRows(trace, clients, random);
  const values = (trait: Trait): Float64Array => {
    const column = trace?.columns.indexOf(trait) ?? -1;
    if (trace !== undefined && rows !== undefined && column >= 0) {
      return Float64Array.from(rows, (row) => tracedValue(trace, row, column, trait));
    }
    const stream = randomStream(random.derive(trait));
    // What nothing is said about takes no time.
    const distributed = options[trait] ?? Infinity;
    return Float64Array.from({ length: clients }, () => drawFrom(distributed, stream));
  };
  return {
    secondsPerExample: values("secondsPerExample"),
    downloadBytesPerSecond: values("downloadBytesPerSecond"),
    uploadBytesPerSecond: values("uploadBytesPerSecond"),
  };
}

/** The row of the trace that each client is. */
function drawnRows(trace: TextTable, clients: number, random: RandomSource): readonly number[] {
  if (!TRAITS.some((trait) => trace.columns.includes(trait))) {
    const cause = `${trace.source} has no column of a device's traits`;
    throw new TributaryError("CONFIG_INVALID", cause, {
      remedy: `Name at least one column ${TRAITS.join(", ")}.`,
    });
  }
  const stream = randomStream(random.derive("trace"));
  return Array.from({ length: clients }, () => stream.below(trace.rows.length));
}

function tracedValue(trace: TextTable, row: number, column: number, trait: Trait): number {
  const text = trace.rows[row]![column] ?? "";
  const value = text === "" ? Number.NaN : Number(text);
  if (value >= 0) return value;
  throw new TributaryError(
    "CONFIG_INVALID",
    `Line ${trace.lines[row]} of ${trace.source} has the ${trait} ${JSON.stringify(text)}`,
    { remedy: "Give numbers of at least 0." },
  );
}
