import {
  TributaryError,
  asTributaryError,
  type SymmetricCrypto,
  type Plan,
  type PlanId,
} from "@tributary/protocol";
import { abortable } from "../runtime/abort.ts";
import { planSummary, type PlanSummary, type WorkToDo } from "./plan-summary.ts";
import type { VerifiedPlan } from "./verified-model.ts";

/**
 * Decides whether this device does what a plan says, as a person or a policy of the app wishes. It
 * is asked once for each plan: after the plan was verified and checked against the floors, and before
 * anything is done with the examples.
 * @returns Whether the plan may be carried out on this device, for as long as the client lives.
 */
export type ApprovePlan = (plan: Plan, summary: PlanSummary) => boolean | Promise<boolean>;

/** How many answers are kept. A server that makes up new plans must not fill the memory. */
const KEPT_ANSWERS = 64;

/** Asks the app about plans, one at a time, and remembers what it answered. */
export class PlanApproval {
  readonly #crypto: SymmetricCrypto;
  readonly #approve: ApprovePlan | undefined;
  readonly #answers: Map<PlanId, boolean> = new Map();
  #open: { readonly plan: PlanId; readonly answer: Promise<boolean> } | undefined;

  /** @param approve - The app's function; without it every plan is approved. */
  constructor(crypto: SymmetricCrypto, approve: ApprovePlan | undefined) {
    this.#crypto = crypto;
    this.#approve = approve;
  }

  /**
   * Waits until the app has approved of a plan. When the round ends first, the question stays open,
   * and its answer counts for later rounds.
   * @throws TributaryError `PLAN_REFUSED` when the app says no, its function throws, or it has not
   *   answered yet what it was asked about another plan; `ABORTED`.
   */
  async require(plan: VerifiedPlan, work: WorkToDo, signal: AbortSignal): Promise<void> {
    if (this.#approve === undefined || this.#answers.get(plan.id) === true) return;
    if (this.#answers.get(plan.id) === undefined) {
      const answer = this.#ask(this.#approve, plan, work);
      if (await abortable(answer, signal)) return;
    }
    throw refused(plan.id, "The app did not approve of the plan");
  }

  #ask(approve: ApprovePlan, plan: VerifiedPlan, work: WorkToDo): Promise<boolean> {
    if (this.#open?.plan === plan.id) return this.#open.answer;
    if (this.#open !== undefined) {
      // A person who has not answered yet is not asked about one plan after the other.
      return Promise.reject(refused(plan.id, "The app has not answered about another plan yet"));
    }
    const answer = this.#answer(approve, plan, work);
    this.#open = { plan: plan.id, answer };
    return answer;
  }

  async #answer(approve: ApprovePlan, plan: VerifiedPlan, work: WorkToDo): Promise<boolean> {
    try {
      const answer: unknown = await approve(plan.plan, planSummary(this.#crypto, plan, work));
      // An app without types may answer with something else, which is no consent.
      const approved = answer === true;
      this.#answers.set(plan.id, approved);
      const [oldest] = this.#answers.keys();
      if (this.#answers.size > KEPT_ANSWERS) this.#answers.delete(oldest!);
      return approved;
    } catch (error) {
      throw asTributaryError(error, "PLAN_REFUSED", "The app's function approvePlan failed");
    } finally {
      this.#open = undefined;
    }
  }
}

function refused(plan: PlanId, cause: string): TributaryError {
  return new TributaryError("PLAN_REFUSED", cause, {
    remedy: "Approve of the plan in the app if it is acceptable.",
    context: { plan },
  });
}
