import type { PlanId } from "@tributary/protocol";

/**
 * What the last update of a plan left unsaid, for codecs with error feedback. In memory only, for one plan at a time, as long
 * as the client lives: a page that is opened again begins anew, which costs what was not sent.
 */
export class Residuals {
  #plan: PlanId | undefined;
  #residual: Float32Array | undefined;

  /** Float32, shape [trainable parameters], or nothing for a plan that is new here. */
  of(plan: PlanId): Float32Array | undefined {
    return plan === this.#plan ? this.#residual : undefined;
  }

  /** Once a report counts. */
  keep(plan: PlanId, residual: Float32Array): void {
    this.#plan = plan;
    this.#residual = residual;
  }
}
