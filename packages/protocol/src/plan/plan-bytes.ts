import type { ClientCrypto, CryptoProvider, SymmetricCrypto } from "../crypto/crypto-provider.ts";
import { concatBytes, toHex, utf8, utf8Decode } from "../bytes/encoding.ts";
import { TributaryError, asTributaryError } from "../errors.ts";
import type { PlanId } from "../ids.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import { layoutOf } from "../model/parameter-layout.ts";
import type { ModelDescription } from "../model/tfjs-model.ts";
import { modelParts } from "../model/model-parts.ts";
import { canonicalize, isPlainObject } from "./canonical-json.ts";
import type { Plan } from "./plan.ts";
import { planModelSchema, planSchema } from "./plan-schema.ts";
import { parseStrict } from "../schema/strict-schema.ts";

/** Keeps a signature of a plan from being valid for anything else that the same key signs. */
const SIGNATURE_DOMAIN = "tributary/plan/v1\0";

/**
 * The bytes of a plan: RFC 8785 canonical JSON in UTF-8, so that two parties who agree on a plan
 * agree on its hash.
 * @throws TributaryError `PLAN_INVALID` when the plan breaks the schema, does not fit its own
 *   model, or is longer than `maxPlanBytes`.
 */
export function encodePlan(plan: Plan): Uint8Array {
  checkPlan(plan);
  const bytes = utf8(canonical(plan));
  checkLength(bytes);
  return bytes;
}

/**
 * Reads a plan. What plans of the first builds lack is filled in.
 * @throws TributaryError `PLAN_INVALID` for bytes that are no plan, and for a plan that is not in
 *   canonical form: a plan must have one hash only.
 */
export function decodePlan(bytes: Uint8Array): Plan {
  const { text, value } = readJson(bytes);
  const plan = checkPlan(value);
  if (canonical(value) !== text) {
    throw new TributaryError("PLAN_INVALID", "The plan is not in canonical form", {
      remedy: "Encode it with encodePlan (RFC 8785).",
    });
  }
  return plan;
}

/**
 * Reads which model a plan is for, and nothing else of it. So the checkpoints of a task can be read
 * although its plan is one of a newer version.
 * @throws TributaryError `PLAN_INVALID` for bytes that are no plan or do not say the model.
 */
export function modelOfPlan(bytes: Uint8Array): ModelDescription {
  const { value } = readJson(bytes);
  const model: unknown = isPlainObject(value) ? Reflect.get(value, "model") : undefined;
  return parseStrict(planModelSchema, model, { code: "PLAN_INVALID", what: "The plan's model" });
}

/** The name of a plan: the SHA-256 of its canonical bytes, hexadecimal. */
export function planIdOf(crypto: SymmetricCrypto, bytes: Uint8Array): PlanId {
  return toHex(crypto.sha256(bytes)) as PlanId;
}

/**
 * Signs the bytes of a plan with Ed25519. The signed message is a domain tag and the plan's
 * SHA-256.
 * @param signingSeed - 32 bytes, secret.
 * @returns The signature, 64 bytes.
 */
export function signPlan(
  crypto: CryptoProvider,
  signingSeed: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  return crypto.ed25519Sign(signingSeed, signedMessage(crypto, bytes));
}

/**
 * Whether the holder of `signingKey` signed these bytes of a plan. It is false for a malformed key
 * or signature.
 */
export async function verifyPlanSignature(
  crypto: ClientCrypto,
  signingKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return crypto.ed25519Verify(signingKey, signedMessage(crypto, bytes), signature);
}

function signedMessage(crypto: SymmetricCrypto, bytes: Uint8Array): Uint8Array {
  return concatBytes(utf8(SIGNATURE_DOMAIN), crypto.sha256(bytes));
}

function readJson(bytes: Uint8Array): { readonly text: string; readonly value: unknown } {
  checkLength(bytes);
  try {
    const text = utf8Decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw asInvalid(error, "The plan is not JSON text in UTF-8");
  }
}

/**
 * Checks a plan by the schema, and then what a schema cannot check: that the layout is sound and
 * that the trained layers exist.
 */
function checkPlan(value: unknown): Plan {
  const plan = parseStrict(planSchema, value, { code: "PLAN_INVALID", what: "The plan" });
  try {
    modelParts(layoutOf(plan.model.parameters), plan.model.topology, plan.training);
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
  if (bytes.length <= PROTOCOL_CONSTANTS.maxPlanBytes) return;
  throw new TributaryError(
    "PLAN_INVALID",
    `The plan has ${bytes.length} bytes, more than ${PROTOCOL_CONSTANTS.maxPlanBytes}`,
    { remedy: "Use a model with a smaller topology." },
  );
}

/** The same fault with the code of an invalid plan. */
function asInvalid(error: unknown, message?: string): TributaryError {
  const cause = asTributaryError(error, "PLAN_INVALID", message);
  if (cause.code === "PLAN_INVALID") return cause;
  return new TributaryError("PLAN_INVALID", cause.message, { context: cause.context, cause });
}
