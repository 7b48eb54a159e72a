import {
  TributaryError,
  decodePlan,
  verifyPlanSignature,
  type ClientCrypto,
  type PlanId,
  type ServerKey,
} from "@tributary/protocol";
import { checkFloors, termsOf } from "./floors/check-floors.ts";
import type { ClientFloors } from "./floors/client-floors.ts";
import { wholePlan } from "./whole-plan.ts";
import type { VerifiedPlan } from "./verified-model.ts";

/** What plans are verified against. */
export interface PlanVerifierOptions {
  readonly crypto: ClientCrypto;
  /** The pinned key. Its signing half signs the plans. */
  readonly serverKey: ServerKey;
  readonly floors: ClientFloors;
  /** The population that this client belongs to. A plan of another one is refused. */
  readonly population: string;
}

/** Decides whether a plan may be executed on this device. */
export class PlanVerifier {
  readonly #options: PlanVerifierOptions;

  constructor(options: PlanVerifierOptions) {
    this.#options = options;
  }

  /**
   * Verifies a plan: its signature, its form, its population and task, and the client's floors.
   * @param id - The SHA-256 of `bytes`, which the receiver has checked.
   * @param taskName - The task that the server named, which the plan must be of; undefined when the
   *   server named none because only the model is wanted. Floors about the work do not count then.
   * @throws TributaryError `PLAN_SIGNATURE_INVALID`, `PLAN_INVALID`, `MODEL_UNSUPPORTED` or
   *   `PLAN_REFUSED`.
   */
  async verify(
    id: PlanId,
    bytes: Uint8Array,
    signature: Uint8Array,
    taskName: string | undefined,
  ): Promise<VerifiedPlan> {
    const { crypto, serverKey, floors, population } = this.#options;
    // The signature is checked before the bytes are parsed, so that the parser never sees bytes
    // that the holder of the key has not signed.
    if (!(await verifyPlanSignature(crypto, serverKey.signing, bytes, signature))) {
      throw new TributaryError(
        "PLAN_SIGNATURE_INVALID",
        "The plan is not signed with the pinned key",
        {
          remedy: "Do not use this server until its operator has explained why.",
          context: { plan: id },
        },
      );
    }
    const plan = decodePlan(bytes);
    if (plan.population !== population) {
      throw otherPlan(
        `The plan is for the population ${plan.population}, and not for ${population}`,
      );
    }
    if (taskName !== undefined && plan.task !== taskName) {
      throw otherPlan(`The plan is for the task ${plan.task}, and not for ${taskName}`);
    }
    const whole = { ...wholePlan(id, bytes, plan), signature };
    const isForWork = taskName !== undefined;
    checkFloors(floors, termsOf(crypto, whole), isForWork);
    return whole;
  }
}

function otherPlan(cause: string): TributaryError {
  return new TributaryError("PLAN_REFUSED", cause, {
    remedy: "Compare the population that the app names with the task that the operator started.",
  });
}
