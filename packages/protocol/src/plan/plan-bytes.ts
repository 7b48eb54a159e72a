import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { concatBytes, toHex, utf8, utf8Decode } from "../bytes/encoding.ts";
import { TributaryError, asTributaryError } from "../errors.ts";
import type { PlanId } from "../ids.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { layoutOf } from "../model/parameter-layout.ts";
import { trainableRanges } from "../model/trainable-ranges.ts";
import { canonicalize } from "./canonical-json.ts";
import { planSchema, type Plan } from "./plan-schema.ts";
import { parseStrict } from "./strict-schema.ts";

/** Keeps a signature over a plan from standing for anything else that the same key signs. */
const SIGNATURE_DOMAIN = "tributary/plan/v1\0";

/**
 * The plan's bytes: RFC 8785 canonical JSON in UTF-8, so that two parties who agree on a plan agree on its hash.
 * @throws TributaryError `PLAN_INVALID` when the plan breaks the schema, does not fit its own model, or is longer
 *   than `maxPlanBytes`.
 */
export function encodePlan(plan: Plan): Uint8Array {
  checkPlan(plan);
  const bytes = utf8(canonical(plan));
  checkLength(bytes);
  return bytes;
}

/**
 * Reads a plan that a server sent.
 * @throws TributaryError `PLAN_INVALID`, also for bytes that are not the canonical form of what they say: one plan
 *   must have one hash.
 */
export function decodePlan(bytes: Uint8Array): Plan {
  checkLength(bytes);
  let text: string;
  let value: unknown;
  try {
    text = utf8Decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw asInvalid(error, "The plan is not JSON text in UTF-8");
  }
  const plan = checkPlan(value);
  if (canonical(value) !== text) {
    throw new TributaryError("PLAN_INVALID", "The plan is not in canonical form", {
      remedy: "Encode it with encodePlan (RFC 8785).",
    });
  }
  return plan;
}

/** The plan's name: SHA-256 of its canonical bytes in hexadecimal. */
export function planIdOf(crypto: CryptoProvider, bytes: Uint8Array): PlanId {
  return toHex(crypto.sha256(bytes)) as PlanId;
}

/**
 * Signs a plan's bytes with Ed25519, over the domain tag and the plan's SHA-256.
 * @param signingSeed - 32 bytes, secret.
 * @returns 64 bytes.
 */
export function signPlan(
  crypto: CryptoProvider,
  signingSeed: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  return crypto.ed25519Sign(signingSeed, signedMessage(crypto, bytes));
}

/** Whether the holder of `signingKey` signed these plan bytes; false for a malformed key or signature. */
export function verifyPlanSignature(
  crypto: CryptoProvider,
  signingKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  return crypto.ed25519Verify(signingKey, signedMessage(crypto, bytes), signature);
}

function signedMessage(crypto: CryptoProvider, bytes: Uint8Array): Uint8Array {
  return concatBytes(utf8(SIGNATURE_DOMAIN), crypto.sha256(bytes));
}

/** The form by the schema, then what a schema cannot say: the layout holds and the trained layers exist. */
function checkPlan(value: unknown): Plan {
  const plan = parseStrict(planSchema, value, { code: "PLAN_INVALID", what: "The plan" });
  try {
    trainableRanges(layoutOf(plan.model.parameters), plan.training.trainable);
  } catch (error) {
    throw asInvalid(error);
  }
  return plan;
}

function canonical(value: unknown): string {
  try {
    return canonicalize(value);
  } catch (error) {
    throw asInvalid(error);
  }
}

function checkLength(bytes: Uint8Array): void {
  if (bytes.length <= DEFAULT_LIMITS.maxPlanBytes) return;
  throw new TributaryError(
    "PLAN_INVALID",
    `The plan has ${bytes.length} bytes, more than ${DEFAULT_LIMITS.maxPlanBytes}`,
    { remedy: "Use a model with a smaller topology." },
  );
}

/** The same fault under the code of a bad plan. */
function asInvalid(error: unknown, message?: string): TributaryError {
  const cause = asTributaryError(error, "PLAN_INVALID", message);
  if (cause.code === "PLAN_INVALID") return cause;
  return new TributaryError("PLAN_INVALID", cause.message, { context: cause.context, cause });
}
