import { TributaryError } from "../errors.ts";

/** @throws TributaryError `BAD_PARAMETER` unless 0 < fraction ≤ most. */
export function checkFraction(codec: string, fraction: number, most: number): void {
  if (fraction > 0 && fraction <= most) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `The ${codec} codec cannot send ${fraction} of an update`,
    { remedy: `Use a fraction above 0, at most ${most}.` },
  );
}
