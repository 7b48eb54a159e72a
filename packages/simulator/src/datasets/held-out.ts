import type { Division } from "@tributary/client-sdk";

/** Which rows of tables, or how much of a text, nobody trains on: models are measured on it. */
export interface HeldOut {
  /** Their share of all, above 0 and below 1. */
  readonly share: number;
  /** `client` holds out this share of each client's rows, `all` that of a whole table. */
  readonly of: "all" | "client";
}

/** What is held out unless the user says so. */
export const USUAL_HELD_OUT: HeldOut = { share: 0.2, of: "all" };

/** A share such as 0.1, a number of times, may fall short of a whole number by less than this. */
const ROUNDING = 1e-9;

/**
 * Holds out a share of rows, evenly spaced. Tables are often sorted; this takes rows from all parts.
 * @param owners - Whose each row is. Of n rows of an owner ⌊share · n⌋ are held out.
 * @param share - Above 0 and below 1.
 * @returns The indices of the rows, ascending.
 */
export function holdOutEvenly(owners: readonly string[], share: number): Division<number[]> {
  const counts = new Map<string, number>();
  const division: Division<number[]> = { train: [], heldOut: [] };
  const before = (count: number): number => Math.floor(share * count + ROUNDING);
  for (const [row, owner] of owners.entries()) {
    const count = counts.get(owner) ?? 0;
    counts.set(owner, count + 1);
    const isHeldOut = before(count + 1) > before(count);
    (isHeldOut ? division.heldOut : division.train).push(row);
  }
  return division;
}
