import type { TableContract } from "@tributary/protocol";
import { advise, adviceText, setting, type Advice, type SettingWords } from "../files/advice.ts";
import type { TextTable } from "../tables/text-table.ts";
import { cellsOf, readColumn } from "./column-values.ts";

/**
 * Finds columns of numbers that are likely no measures: numbers that stand for a missing value, times
 * since 1970, and codes. A contract can be drafted from them, but a model would learn little.
 * @param tables - The tables that the contract was drafted from.
 * @param words - How the caller names the settings of a remedy.
 * @returns A sentence for each such column, which names it, and a remedy.
 */
export function doubtsAbout(
  tables: readonly TextTable[],
  contract: TableContract,
  words?: SettingWords,
): string[] {
  const missing = new Set(contract.missing);
  const numbersOf = (name: string): readonly number[] => readColumn(tables, name, missing).numbers;
  const { features, label } = contract;
  const ofFeatures = features.flatMap(({ type, name }) => {
    if (type !== "numeric") return [];
    const numbers = numbersOf(name);
    return [
      doubtAboutStandIn(name, numbers) ??
        doubtAboutTimes(name, numbers) ??
        doubtAboutCodes(name, numbers, tables),
    ];
  });
  const { name, classes } = label;
  const ofLabel = classes === undefined ? doubtAboutStandIn(name, numbersOf(name)) : undefined;
  return [...ofFeatures, ofLabel]
    .filter((doubt) => doubt !== undefined)
    .map((doubt) => adviceText(doubt, words));
}

/** Nines, and the limits of integers of 16 and 32 bits. */
const STAND_IN = /^-?(?:99+(?:\.[09]+)?|3276[78]|65535|214748364[78])$/;

function doubtAboutStandIn(name: string, numbers: readonly number[]): Advice | undefined {
  const [lowest, highest] = extentOf(numbers);
  for (const number of [lowest, highest]) {
    if (!STAND_IN.test(String(number))) continue;
    const others = numbers.filter((each) => each !== number);
    if (others.length === 0) continue;
    const [least, most] = extentOf(others);
    // A value that belongs to the others is not farther from them than they are apart.
    if (Math.min(Math.abs(number - least), Math.abs(number - most)) <= most - least) continue;
    const count = numbers.length - others.length;
    return advise`Column ${name} has ${number} in ${count} ${count === 1 ? "row" : "rows"} and otherwise ${least} to ${most}. If it stands for a missing value, say so with ${setting("missing", number)}.`;
  }
  return undefined;
}

/** The years 2000 and 2100 in seconds since 1970. */
const TIMES = [946_684_800, 4_102_444_800] as const;

function doubtAboutTimes(name: string, numbers: readonly number[]): Advice | undefined {
  const [lowest, highest] = extentOf(numbers);
  const unit = [
    { perSecond: 1, title: "seconds" },
    { perSecond: 1_000, title: "milliseconds" },
  ].find(
    ({ perSecond }) => lowest >= TIMES[0] * perSecond && highest <= TIMES[1] * perSecond,
  )?.title;
  if (unit === undefined) return undefined;
  return advise`Column ${name} has numbers like ${lowest}, which may be times in ${unit} since 1970. Write what matters of them in their place, such as the hour, or leave the column out with ${setting("ignore", name)}.`;
}

/** Names of columns that hold codes of places. */
const CODE_NAME = /^(?:zip|plz|post(?:al)?)(?:[ _-]?code)?s?$/i;

function doubtAboutCodes(
  name: string,
  numbers: readonly number[],
  tables: readonly TextTable[],
): Advice | undefined {
  const padded = [...cellsOf(tables, name)].find(({ cell }) => /^0\d+$/.test(cell))?.cell;
  const isCode = padded !== undefined || CODE_NAME.test(name);
  if (!isCode || !numbers.every(Number.isInteger)) return undefined;
  return advise`Column ${name} has numbers like ${padded ?? numbers[0]!}, which may be codes and no measures. Take them for categories with ${setting("categories", name)}, or leave the column out with ${setting("ignore", name)}.`;
}

/** The smallest and the largest of some numbers. */
function extentOf(numbers: readonly number[]): readonly [lowest: number, highest: number] {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const number of numbers) {
    lowest = Math.min(lowest, number);
    highest = Math.max(highest, number);
  }
  return [lowest, highest];
}
