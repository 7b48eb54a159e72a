import type { PlanId } from "@tributary/protocol";

/**
 * Keeps values that belong to a plan, from one report to the next. They are kept in memory only,
 * for one plan at a time, as long as the client lives. A page that is opened again starts without
 * them.
 */
export class PlanMemory {
  #plan: PlanId | undefined;
  #values: Float32Array | undefined;

  /** Returns what is kept for a plan; undefined when nothing is. */
  of(plan: PlanId): Float32Array | undefined {
    return plan === this.#plan ? this.#values : undefined;
  }

  /**
   * Replaces what is kept. To be called only once a report counts: what belongs to a report that the
   * server did not take never happened.
   */
  keep(plan: PlanId, values: Float32Array): void {
    this.#plan = plan;
    this.#values = values;
  }
}
