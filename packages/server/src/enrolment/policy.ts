// The form in which an operator says who may take part in a population's rounds: PUT
// /v1/populations/{name}.
import * as z from "zod";
import type { EnrolmentPolicy } from "../storage/access-store.ts";

const KEY_REMEDY = "Use an Ed25519 public key: 32 bytes in base64url, the `x` of its JWK.";

/**
 * Says which tokens are valid. The algorithm is always EdDSA. A token cannot choose another one.
 */
const tokenRulesSchema = z.strictObject({
  issuer: z
    .string({ error: "Use 1 to 256 characters." })
    .min(1, { error: "Use 1 to 256 characters." })
    .max(256, { error: "Use 1 to 256 characters." })
    .describe("The `iss` claim of the tokens, which names the app's backend."),
  keys: z
    .array(
      z
        .string({ error: KEY_REMEDY })
        .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, { error: KEY_REMEDY }),
    )
    .min(1, { error: "Give 1 to 8 keys." })
    .max(8, { error: "Give 1 to 8 keys." })
    .describe(
      "Ed25519 public keys that may have signed the tokens, base64url. " +
        "Give two while one replaces the other.",
    ),
  clockSkewSeconds: z
    .int({ error: "Use a whole number from 0 to 600." })
    .min(0, { error: "Use a whole number from 0 to 600." })
    .max(600, { error: "Use a whole number from 0 to 600." })
    .default(60)
    .describe("How far the clocks of the backend and of this server may be apart, seconds."),
  maximumLifetimeSeconds: z
    .int({ error: "Use a whole number from 60 to 31,536,000." })
    .min(60, { error: "Use a whole number from 60 to 31,536,000." })
    .max(31_536_000, { error: "Use a whole number from 60 to 31,536,000." })
    .default(604_800)
    .describe(
      "The longest time from the issue of a token (`iat`, or now) to its expiry, seconds. " +
        "Tokens that live longer are refused.",
    ),
  devicesPerToken: z
    .int({ error: "Use a whole number from 1 to 1,000." })
    .min(1, { error: "Use a whole number from 1 to 1,000." })
    .max(1_000, { error: "Use a whole number from 1 to 1,000." })
    .default(1)
    .describe("How many devices a token without a subject may vouch for."),
});

/** Reads a policy as an operator writes it. */
export const enrolmentPolicySchema: z.ZodType<EnrolmentPolicy> = z.discriminatedUnion(
  "enrolment",
  [
    z.strictObject({ enrolment: z.literal("open").describe("Every client may take part.") }),
    z.strictObject({
      enrolment: z
        .literal("token")
        .describe("Clients that show a valid token at each check-in may take part."),
      token: tokenRulesSchema,
    }),
    z.strictObject({
      enrolment: z
        .literal("device")
        .describe(
          "Registered devices that prove at each check-in that they hold their key may take part.",
        ),
      token: tokenRulesSchema
        .optional()
        .describe(
          "The token that a device needs to register. If left out, any device may register itself.",
        ),
    }),
  ],
  { error: "Use one of open, token, device." },
);

/** The policy of a population for which nobody has set one. */
export const OPEN_POLICY: EnrolmentPolicy = { enrolment: "open" };
