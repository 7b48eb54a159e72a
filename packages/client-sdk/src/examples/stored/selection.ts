import { TributaryError } from "@tributary/protocol";
import type { Block } from "./block.ts";
import type { BlockEntry } from "./catalogue.ts";

/** Which of the stored examples are meant: those that meet all that is given. */
export interface ExampleCriteria {
  /** Only so many, the newest of those that meet the other criteria. */
  readonly newest?: number;
  /** Only those that are not older than so many milliseconds. */
  readonly maxAgeMs?: number;
  /** Only those with one of these labels. For labels that are one value, such as a class index. */
  readonly labels?: readonly number[];
}

/** Some examples of a block. */
export interface SelectedBlock {
  readonly entry: BlockEntry;
  /** Their indices in the block, ascending; undefined for all of them. */
  readonly rows: Uint32Array | undefined;
}

/** Reads one block, whose times and labels a selection looks at. */
export type ReadBlock = (entry: BlockEntry) => Promise<Block>;

/**
 * Selects stored examples by criteria. Only blocks of which the catalogue cannot tell are read: with
 * times that grow, one for `newest` and one for `maxAgeMs`; with `labels`, all that are new enough.
 * Of examples with the same time, those that were added later count as newer.
 * @param blocks - In the order in which they were added.
 * @param nowMs - Milliseconds since the Unix epoch.
 * @returns The selected examples, in the order in which they were added.
 * @throws TributaryError `BAD_PARAMETER` for a criterion that is out of range.
 */
export async function selectExamples(
  blocks: readonly BlockEntry[],
  criteria: ExampleCriteria,
  nowMs: number,
  read: ReadBlock,
): Promise<readonly SelectedBlock[]> {
  const { newest = Infinity, maxAgeMs = Infinity, labels } = checked(criteria);
  const sinceMs = nowMs - maxAgeMs;
  const selected: SelectedBlock[] = [];
  for (const entry of blocks) {
    if (entry.newestMs < sinceMs) continue;
    if (labels === undefined && entry.oldestMs >= sinceMs) {
      selected.push({ entry, rows: undefined });
      continue;
    }
    const block = await read(entry);
    const rows = rowsWhere(block, (row) => {
      return block.times[row]! >= sinceMs && (labels?.includes(block.labels[row]!) ?? true);
    });
    if (rows.length > 0) selected.push({ entry, rows });
  }
  const surplus = selectedCount(selected) - newest;
  return surplus > 0 ? withoutOldest(selected, surplus, read) : selected;
}

/** The number of selected examples. */
export const selectedCount = (selected: readonly SelectedBlock[]): number =>
  selected.reduce((sum, block) => sum + countIn(block), 0);

const countIn = ({ entry, rows }: SelectedBlock): number => rows?.length ?? entry.count;

/** What examples are ordered by: their time and, where times are equal, the place of their block. */
type Moment = readonly [timeMs: number, index: number];

const isBefore = (a: Moment, b: Moment): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
const byMoment = (a: Moment, b: Moment): number => a[0] - b[0] || a[1] - b[1];

/** A selected block with its place among the others, which stays the same when some are taken away. */
interface Ranked extends SelectedBlock {
  readonly oldest: Moment;
  readonly newest: Moment;
}

/** Takes away the oldest examples. */
async function withoutOldest(
  selected: readonly SelectedBlock[],
  surplus: number,
  read: ReadBlock,
): Promise<readonly SelectedBlock[]> {
  const ranked = selected
    .map((block, index): Ranked => {
      const { oldestMs, newestMs } = block.entry;
      return { ...block, oldest: [oldestMs, index], newest: [newestMs, index] };
    })
    .sort((a, b) => byMoment(a.newest, b.newest));
  const whole = wholeBlocks(ranked, surplus);
  const left = ranked.slice(whole.length);
  const kept = await withoutOldestRows(left, surplus - selectedCount(whole), read);
  return kept
    .toSorted((a, b) => a.oldest[1] - b.oldest[1])
    .map(({ entry, rows }) => ({ entry, rows }));
}

/** The blocks of which every example is among the oldest and older than all in other blocks. */
function wholeBlocks(ranked: readonly Ranked[], surplus: number): readonly Ranked[] {
  const oldestFrom: Moment[] = [];
  let oldest: Moment = [Infinity, Infinity];
  for (let i = ranked.length - 1; i >= 0; i--) {
    oldestFrom[i] = oldest;
    if (isBefore(ranked[i]!.oldest, oldest)) oldest = ranked[i]!.oldest;
  }
  let count = 0;
  const end = ranked.findIndex((block, i) => {
    count += countIn(block);
    return count > surplus || !isBefore(block.newest, oldestFrom[i]!);
  });
  return ranked.slice(0, end < 0 ? ranked.length : end);
}

/** Takes away the oldest examples of blocks that hold newer ones as well. */
async function withoutOldestRows(
  ranked: readonly Ranked[],
  surplus: number,
  read: ReadBlock,
): Promise<readonly Ranked[]> {
  if (surplus === 0) return ranked;
  let count = 0;
  // At least `surplus` examples are not newer than this: no others can be among the oldest.
  const limit = ranked.find((block) => (count += countIn(block)) >= surplus)!.newest;
  const candidates: { readonly moment: Moment; readonly row: number }[] = [];
  const rowsOf = new Map<number, Set<number>>();
  for (const { entry, rows, oldest } of ranked) {
    if (isBefore(limit, oldest)) continue;
    const [, index] = oldest;
    const { times } = await read(entry);
    const all = rows ?? Uint32Array.from({ length: entry.count }, (_, row) => row);
    rowsOf.set(index, new Set(all));
    for (const row of all) candidates.push({ moment: [times[row]!, index], row });
  }
  candidates.sort((a, b) => byMoment(a.moment, b.moment) || a.row - b.row);
  for (const { moment, row } of candidates.slice(0, surplus)) rowsOf.get(moment[1])!.delete(row);
  return ranked.flatMap((block) => {
    const left = rowsOf.get(block.oldest[1]);
    if (left === undefined || left.size === countIn(block)) return [block];
    return left.size === 0 ? [] : [{ ...block, rows: Uint32Array.from(left) }];
  });
}

function rowsWhere({ count }: Block, holds: (row: number) => boolean): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row).filter(holds);
}

/** @throws TributaryError `BAD_PARAMETER`. */
function checked(criteria: ExampleCriteria): ExampleCriteria {
  const { newest, maxAgeMs } = criteria;
  for (const [name, value] of Object.entries({ newest, maxAgeMs })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new TributaryError("BAD_PARAMETER", `The criterion ${name} is ${value}`, {
      remedy: "Give a whole number from 1.",
    });
  }
  return criteria;
}
