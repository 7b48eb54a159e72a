import type { PlanId } from "@tributary/protocol";

/**
 * Keeps the residual of a plan: what encoding the last update lost, which is added to the next
 * update before it is encoded (error feedback). It is kept in memory only, for one plan at a time,
 * as long as the client lives. A page that is opened again starts without one and so loses what was
 * not sent.
 */
export class Residuals {
  #plan: PlanId | undefined;
  #residual: Float32Array | undefined;

  /**
   * Returns the residual of a plan, Float32, shape [trained parameters], or undefined when none is
   * kept for that plan.
   */
  of(plan: PlanId): Float32Array | undefined {
    return plan === this.#plan ? this.#residual : undefined;
  }

  /**
   * Replaces what is kept. To be called only once a report counts: the residual of a report that
   * the server did not take belongs to an update that never arrived.
   */
  keep(plan: PlanId, residual: Float32Array): void {
    this.#plan = plan;
    this.#residual = residual;
  }
}
