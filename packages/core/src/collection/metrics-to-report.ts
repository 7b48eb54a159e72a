import { TributaryError, type Plan } from "@tributary/protocol";

/** Names of the metrics in each report of a plan's rounds: the loss, then what the plan names. */
export function metricsToReport({ training }: Plan): readonly string[] {
  return [...new Set(["loss", ...training.metrics])];
}

/** @throws TributaryError `EXAMPLE_COUNT_INVALID` unless it is a whole number ≥ 1. */
export function requireExamples(exampleCount: number): void {
  if (Number.isSafeInteger(exampleCount) && exampleCount >= 1) return;
  throw new TributaryError("EXAMPLE_COUNT_INVALID", `The report claims ${exampleCount} examples`, {
    remedy: "Report a whole number of at least one example.",
  });
}
