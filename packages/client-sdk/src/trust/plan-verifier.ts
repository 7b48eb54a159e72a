import {
  TributaryError,
  decodePlan,
  layoutOf,
  trainableRanges,
  verifyPlanSignature,
  type CryptoProvider,
  type PlanId,
  type ServerKey,
} from "@tributary/protocol";
import { checkFloors, type ClientFloors } from "./client-floors.ts";
import type { VerifiedPlan } from "./verified-model.ts";

export interface PlanVerifierOptions {
  readonly crypto: CryptoProvider;
  /** Plans are signed with its second half. */
  readonly serverKey: ServerKey;
  readonly floors: ClientFloors;
  /** The population this client belongs to: a plan of another one is refused. */
  readonly population: string;
}

/** Decides whether a plan may train here. */
export class PlanVerifier {
  readonly #options: PlanVerifierOptions;

  constructor(options: PlanVerifierOptions) {
    this.#options = options;
  }

  /**
   * @param id - The SHA-256 that `bytes` have: checked by whoever received them.
   * @param taskName - What the server calls the task, when it said so.
   * @throws TributaryError `PLAN_SIGNATURE_INVALID`, `PLAN_INVALID`, `MODEL_UNSUPPORTED` or `PLAN_REFUSED`.
   */
  verify(
    id: PlanId,
    bytes: Uint8Array,
    signature: Uint8Array,
    taskName: string | undefined,
  ): VerifiedPlan {
    const { crypto, serverKey, floors, population } = this.#options;
    // The signature comes before the parser: bytes that nobody vouches for are not looked into.
    if (!verifyPlanSignature(crypto, serverKey.signing, bytes, signature)) {
      throw new TributaryError(
        "PLAN_SIGNATURE_INVALID",
        "The plan is not signed with the pinned key",
        {
          remedy: "Do not use this server until its operator has explained it.",
          context: { plan: id },
        },
      );
    }
    const plan = decodePlan(bytes);
    if (plan.population !== population) {
      throw otherPlan(`The plan is for the population ${plan.population} and not ${population}`);
    }
    if (taskName !== undefined && plan.task !== taskName) {
      throw otherPlan(`The plan is for the task ${plan.task} and not ${taskName}`);
    }
    const layout = layoutOf(plan.model.parameters);
    checkFloors(floors, plan, layout);
    return { id, bytes, plan, layout, trainable: trainableRanges(layout, plan.training.trainable) };
  }
}

function otherPlan(cause: string): TributaryError {
  return new TributaryError("PLAN_REFUSED", cause, {
    remedy: "Check the population that the app names and the task that the operator started.",
  });
}
