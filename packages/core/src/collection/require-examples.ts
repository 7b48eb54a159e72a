import { TributaryError } from "@tributary/protocol";

/** @throws TributaryError `EXAMPLE_COUNT_INVALID` unless it is a whole number ≥ 1. */
export function requireExamples(exampleCount: number): void {
  if (Number.isSafeInteger(exampleCount) && exampleCount >= 1) return;
  throw new TributaryError("EXAMPLE_COUNT_INVALID", `The report claims ${exampleCount} examples`, {
    remedy: "Report a whole number of at least one example.",
  });
}
