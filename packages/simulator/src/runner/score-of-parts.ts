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
  return {
    ...Object.fromEntries(means),
    ...metricsFromBases(metrics, forms, bases),
    ...attackSuccess(parts),
  };
}

/** The name, among the scores of a checkpoint, of how often an attack succeeds. */
export const ATTACK_SUCCESS = "attackSuccessRate";

/** Over the examples of all parts that show it; nothing where there are none. */
function attackSuccess(parts: readonly PartScore[]): Readonly<Record<string, number>> {
  const shown = parts.flatMap(({ attacked }) => attacked ?? []);
  const count = shown.reduce((sum, { exampleCount }) => sum + exampleCount, 0);
  if (count === 0) return {};
  const succeeded = shown.reduce((sum, part) => sum + part.exampleCount * part.successRate, 0);
  return { [ATTACK_SUCCESS]: succeeded / count };
}
