/** How evenly clients take part in a run. */
export interface Fairness {
  /** The share of the clients whose report never counted, 0 to 1. */
  readonly never: number;
  /** How often the report of the most frequent client counted. */
  readonly most: number;
  /**
   * The Gini coefficient of how often reports counted: 0 when all clients take part equally often,
   * near 1 when few clients do all.
   */
  readonly gini: number;
}

/** @param counts - How often each client's report counted; not modified. */
export function fairnessOf(counts: Uint32Array): Fairness {
  const sorted = counts.slice().sort();
  const clients = sorted.length;
  let [sum, ranked] = [0, 0];
  sorted.forEach((count, index) => {
    sum += count;
    ranked += (index + 1) * count;
  });
  return {
    never: sorted.filter((count) => count === 0).length / clients,
    most: sorted[clients - 1] ?? 0,
    gini: sum === 0 ? 0 : (2 * ranked) / (clients * sum) - (clients + 1) / clients,
  };
}
