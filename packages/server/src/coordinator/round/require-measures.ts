import { TributaryError, measuresOf } from "@tributary/protocol";
import type { TaskRecord } from "../../storage/round-store.ts";

/**
 * Checks what an operator has measured.
 * @throws TributaryError `METRICS_INVALID` unless they are the loss and the plan's metrics.
 */
export function requireMeasures(
  { definition }: TaskRecord,
  metrics: Readonly<Record<string, number>>,
): void {
  const names = measuresOf(definition.plan.metrics);
  const given = Object.entries(metrics);
  const isWhole =
    given.length === names.length && names.every((name) => Object.hasOwn(metrics, name));
  if (isWhole && given.every(([, value]) => Number.isFinite(value))) return;
  throw new TributaryError("METRICS_INVALID", "The metrics are not those of the task's plan", {
    remedy: `Give one finite value for each of: ${names.join(", ")}.`,
  });
}
