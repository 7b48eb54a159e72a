// Who may take part in a population's rounds, as an operator says it: PUT /v1/populations/{name}.
import { z } from "zod";

const KEY_REMEDY = "Use an Ed25519 public key: 32 bytes in base64url, the `x` of its JWK.";

/** How enrolment tokens are told from others: EdDSA alone, and nothing in the token chooses. */
const tokenRulesSchema = z.strictObject({
  issuer: z
    .string({ error: "Use 1 to 256 characters." })
    .min(1, { error: "Use 1 to 256 characters." })
    .max(256, { error: "Use 1 to 256 characters." })
    .describe("The `iss` of the tokens: the app's backend."),
  keys: z
    .array(
      z
        .string({ error: KEY_REMEDY })
        .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, { error: KEY_REMEDY }),
    )
    .min(1, { error: "Give 1 to 8 keys." })
    .max(8, { error: "Give 1 to 8 keys." })
    .describe(
      "Ed25519 public keys that may have signed, base64url: two while one replaces another.",
    ),
  clockSkewSeconds: z
    .int({ error: "Use a whole number from 0 to 600." })
    .min(0, { error: "Use a whole number from 0 to 600." })
    .max(600, { error: "Use a whole number from 0 to 600." })
    .default(60)
    .describe("How far the clocks of backend and server may be apart."),
});

export const enrolmentPolicySchema = z.discriminatedUnion(
  "enrolment",
  [
    z.strictObject({ enrolment: z.literal("open").describe("Everyone.") }),
    z.strictObject({
      enrolment: z.literal("token").describe("Whoever shows a good token each time."),
      token: tokenRulesSchema,
    }),
    z.strictObject({
      enrolment: z
        .literal("device")
        .describe("Devices that are registered, and prove it each time."),
      token: tokenRulesSchema
        .optional()
        .describe("A device registers with such a token. Left out: any device registers itself."),
    }),
  ],
  { error: "Use one of open, token, device." },
);

/** A token's rules, whichever policy they are part of. */
export type TokenRules = z.output<typeof tokenRulesSchema>;

/** Who may take part in a population's rounds. */
export type EnrolmentPolicy = z.output<typeof enrolmentPolicySchema>;

/** What holds for a population that nobody has set a policy for. */
export const OPEN_POLICY: EnrolmentPolicy = { enrolment: "open" };
