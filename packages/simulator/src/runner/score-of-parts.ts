import { basesToReport, measuresToReport, metricsFromBases, type Plan } from "@tributary/protocol";
import type { PartScore } from "./trainer-pool.ts";

/**
 * The loss and the metrics over all parts together: means by the number of examples, and what is
 * computed from sums.
 * @param parts - In a fixed order, on which the last bits depend.
 */
export function scoreOfParts(
  plan: Plan,
  parts: readonly PartScore[],
): Readonly<Record<string, number>> {
  const { metrics } = plan.training;
  const count = parts.reduce((sum, { exampleCount }) => sum + exampleCount, 0);
  const means = measuresToReport(metrics).map((name) => {
    const sum = parts.reduce((all, part) => all + part.exampleCount * (part.metrics[name] ?? 0), 0);
    return [name, sum / count] as const;
  });
  const forms = basesToReport(plan);
  const bases = forms.map(({ name, length }) => {
    const sums = Array.from({ length }, () => 0);
    for (const part of parts) {
      const own = part.bases.find((basis) => basis.name === name);
      own?.values.forEach((value, index) => (sums[index]! += value));
    }
    return { name, values: sums };
  });
  return { ...Object.fromEntries(means), ...metricsFromBases(metrics, forms, bases) };
}
