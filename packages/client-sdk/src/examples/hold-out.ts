import { TributaryError } from "@tributary/protocol";
import type { ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";
import { takeExamples, takeRows } from "./take-examples.ts";

/** Examples to train on, and others to evaluate on. */
export interface Division<Data> {
  readonly train: Data;
  readonly heldOut: Data;
}

/**
 * Divides examples, or a table of them, into those to train on and those to evaluate on (held-out
 * examples). Every k-th example is held out, k being 1/`fraction` rounded. The choice depends on an
 * example's index only. So the same examples are always divided in the same way, and when an app
 * appends examples, no example that was held out before becomes one to train on.
 * @param examples - The examples to divide; not modified.
 * @param fraction - The share to hold out, above 0 and at most 0.5.
 * @returns Copies of the examples, in their order.
 * @throws TributaryError `BAD_PARAMETER` when `fraction` is out of range.
 */
export function holdOut(examples: Examples, fraction: number): Division<Examples>;
export function holdOut(examples: ExampleTable, fraction: number): Division<ExampleTable>;
export function holdOut(
  examples: Examples | ExampleTable,
  fraction: number,
): Division<Examples | ExampleTable> {
  const count = "rows" in examples ? examples.rows.length : examples.count;
  const { train, heldOut } = holdOutRows(
    Uint32Array.from({ length: count }, (_, i) => i),
    fraction,
  );
  const take = (chosen: Uint32Array): Examples | ExampleTable =>
    "rows" in examples ? takeRows(examples, chosen) : takeExamples(examples, chosen);
  return { train: take(train), heldOut: take(heldOut) };
}

/** Divides the rows of examples as `holdOut` divides the examples. */
export function holdOutRows(rows: Uint32Array, fraction: number): Division<Uint32Array> {
  if (!(fraction > 0 && fraction <= 0.5)) {
    throw new TributaryError("BAD_PARAMETER", `The fraction to hold out is ${fraction}`, {
      remedy: "Give a fraction above 0 and at most 0.5.",
    });
  }
  const every = Math.round(1 / fraction);
  const isHeldOut = (_row: number, index: number): boolean => index % every === every - 1;
  return {
    train: rows.filter((row, index) => !isHeldOut(row, index)),
    heldOut: rows.filter(isHeldOut),
  };
}
