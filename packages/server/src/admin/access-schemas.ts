// The JSON of the admin API that is about who may do what: admin tokens, the audit table,
// populations and their devices.
import * as z from "zod";
import { enrolmentPolicySchema } from "../enrolment/policy.ts";
import { ADMIN_ROLES, type AdminRole } from "../storage/access-store.ts";
import { count, newestLimit, opaqueId, timestamp } from "./schema-parts.ts";

export const tokenParams = z.strictObject({
  id: opaqueId("Use a token id as printed by `tributary token list`.").describe("The token."),
});
const roleSchema = z
  .enum(ADMIN_ROLES as [AdminRole, ...AdminRole[]], {
    error: `Use one of ${ADMIN_ROLES.join(", ")}.`,
  })
  .describe(
    "What the token allows. A `viewer` may read. An `operator` may also create and steer tasks " +
      "and revoke devices. An `admin` may do everything, which includes managing tokens and " +
      "enrolment policies and reading the audit table.",
  );

const LABEL_REMEDY = "Use 1 to 100 printable characters.";
export const tokenCreationSchema = z.strictObject({
  name: z
    .string({ error: LABEL_REMEDY })
    .regex(/^[^\p{C}]{1,100}$/u, { error: LABEL_REMEDY })
    .describe("What the token is for, in the operator's words."),
  role: roleSchema,
});

export const tokenSchema = z.object({
  id: z.string().describe("The token's id. It is not a secret."),
  name: z.string(),
  role: roleSchema,
  createdAtMs: timestamp(),
  revokedAtMs: timestamp()
    .nullable()
    .describe("When the token was revoked; null while it is valid."),
});
export const newTokenSchema = z.object({
  ...tokenSchema.shape,
  token: z
    .string()
    .describe("The token itself. It is shown only once, and the server does not store it."),
});
export const tokenListSchema = z.object({ tokens: z.array(tokenSchema) });

export const auditQuery = z.strictObject({
  limit: newestLimit("How many of the newest entries to return."),
  before: z.coerce
    .number({ error: "Use a sequence number." })
    .int({ error: "Use a sequence number." })
    .min(1, { error: "Use a sequence number." })
    .optional()
    .describe("Return only entries with a lower sequence number."),
});
export const auditEntrySchema = z.object({
  sequence: z.int().min(1).describe("The entry's sequence number. A higher one is newer."),
  atMs: timestamp(),
  actor: z
    .string()
    .describe(
      "Who asked: `root` for the root token, `loopback` for a program of this machine " +
        "without a token, or the id of a token.",
    ),
  operation: z.string().describe("The operation's name in this document."),
  target: z.string().describe("The path that was asked for."),
  note: z.string().describe("What the path does not say about the change."),
  error: z
    .string()
    .nullable()
    .describe("The error code of a refused change; null when the change was made."),
});
export const auditListSchema = z.object({
  entries: z.array(auditEntrySchema).describe("Newest first."),
});

export const populationParams = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: "Use a population name." })
    .describe("The population."),
});
export const deviceParams = z.strictObject({
  ...populationParams.shape,
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, {
      error: "Use a device id as printed by `tributary device list`.",
    })
    .describe("The device's id: the SHA-256 of its public key, or the subject of its tokens."),
});
export const deviceListQuery = z.strictObject({
  limit: newestLimit("How many of the newest devices to return."),
});
export const populationSchema = z.object({
  name: z.string(),
  policy: enrolmentPolicySchema,
  updatedAtMs: timestamp()
    .nullable()
    .describe("When the policy was set; null while nobody has set one."),
  devices: count().describe("The number of registered devices, including revoked ones."),
  selfRegisteredDevices: count().describe(
    "How many of them registered themselves. " +
      "Where the policy names an issuer, each of them needs a token once.",
  ),
});
export const populationListSchema = z.object({ populations: z.array(populationSchema) });
export const deviceSchema = z.object({
  id: z.string().describe("The SHA-256 of the device's public key, or the subject of its tokens."),
  publicKey: z
    .string()
    .nullable()
    .describe(
      "The device's Ed25519 public key, base64url; null for a device that is known by its tokens.",
    ),
  selfRegistered: z
    .boolean()
    .describe("Whether the device registered itself, so that no token has vouched for it."),
  registeredAtMs: timestamp(),
  revokedAtMs: timestamp()
    .nullable()
    .describe("When the device was revoked; null while it may take part."),
});
export const deviceListSchema = z.object({
  devices: z.array(deviceSchema).describe("Newest first."),
});

/** One row of the audit table. */
export type AuditEntryView = z.output<typeof auditEntrySchema>;
/** A new admin token: the only answer that holds its secret. */
export type NewTokenView = z.output<typeof newTokenSchema>;
/** An admin token without its secret. */
export type TokenView = z.output<typeof tokenSchema>;
/** A population and its enrolment policy. */
export type PopulationView = z.output<typeof populationSchema>;
/** A device of a population. */
export type DeviceView = z.output<typeof deviceSchema>;
