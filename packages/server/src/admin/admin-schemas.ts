// The JSON of the admin API. These schemas are its documentation: /openapi.json is made of them, and the tests hold every
// answer to them.
import { z } from "zod";
import { ERROR_CODES, taskSchema, type ErrorCode } from "@tributary/protocol";
import { enrolmentPolicySchema } from "../enrolment/policy.ts";
import { ADMIN_ROLES, type AdminRole } from "../storage/access-store.ts";

const artifactId = (): z.ZodString =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: "Use 64 lowercase hexadecimal digits." })
    .describe("SHA-256 of the bytes, hexadecimal.");

const opaqueId = (remedy: string): z.ZodString =>
  z.string().regex(/^[a-z]+_[0-9a-f]{16,32}$/, { error: remedy });

const count = (): z.ZodNumber => z.int().min(0);
const timestamp = (): z.ZodNumber => z.int().min(0).describe("Milliseconds since the Unix epoch.");

export const taskParams = z.strictObject({
  id: opaqueId("Use a task id as printed by `tributary task list`.").describe("The task."),
});
export const roundParams = z.strictObject({
  id: opaqueId("Use a round id as printed by `tributary round list`.").describe("The round."),
});
export const checkpointParams = z.strictObject({
  id: artifactId().describe("The checkpoint: SHA-256 of its bytes."),
});

/** Rounds that one answer holds at most: a round is half a kilobyte of JSON. */
const MAX_ROUNDS = 1_000;
const LIMIT_REMEDY = `Use a whole number from 1 to ${MAX_ROUNDS}.`;

export const roundListQuery = z.strictObject({
  limit: z.coerce
    .number({ error: LIMIT_REMEDY })
    .int({ error: LIMIT_REMEDY })
    .min(1, { error: LIMIT_REMEDY })
    .max(MAX_ROUNDS, { error: LIMIT_REMEDY })
    .default(100)
    .describe("Answer with so many of the newest rounds."),
});

export const errorSchema = z.object({
  error: z.object({
    code: z
      .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
      .describe("Stable name of the error. Tell errors apart by this alone."),
    message: z.string().describe("The cause."),
    remedy: z.string().optional().describe("What to do about it: one sentence."),
    context: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe("Facts that name the culprit: a path, a field, an id."),
  }),
});

export const healthSchema = z.object({ status: z.literal("alive") });
export const readinessSchema = z.object({ status: z.literal("ready") });

export const serverInfoSchema = z.object({
  version: z.string(),
  gatewayUrl: z.string().describe("Where clients connect."),
  serverKey: z.string().describe("The key that clients pin."),
  connections: count().describe("Clients connected now."),
  uptimeMs: z.number().min(0),
  protocolVersions: z.object({ oldest: z.int(), newest: z.int() }),
  builtinModels: z.array(z.string()).describe("Models that a task can name without uploading one."),
  updateCodecs: z.array(z.string()),
});

export const taskCreationSchema = z.strictObject({
  definition: taskSchema,
  start: z.boolean().default(false).describe("Start the task at once."),
});

const roundOfCheckpoint = (): z.ZodNumber =>
  z
    .int({ error: "Use the number of a round." })
    .min(0, { error: "Use the number of a round." })
    .describe("The round that made the checkpoint; 0 for the initial model.");

export const rollbackSchema = z.strictObject({ roundNumber: roundOfCheckpoint() });
export const evaluationRequestSchema = z.strictObject({
  roundNumber: roundOfCheckpoint().optional().describe("Left out: the newest checkpoint's."),
});
export const operatorEvaluationSchema = z.strictObject({
  roundNumber: roundOfCheckpoint(),
  exampleCount: z
    .int({ error: "Use a whole number from 1." })
    .min(1, { error: "Use a whole number from 1." })
    .describe("Examples that it was measured on."),
  metrics: z
    .record(z.string().max(64), z.number({ error: "Use finite numbers." }))
    .describe("The loss and the plan's metrics, means over the examples."),
});

/** The body of a request that needs none: its content type still shows that no web page forged it. */
export const nothingSchema = z.strictObject({});

const progressSchema = z.object({
  phase: z
    .enum(["idle", "selecting", "configuring", "reporting", "committing", "done", "abandoned"])
    .describe("The round in flight; idle when there is none."),
  committedRounds: count(),
  waitingClients: count().describe("Clients of the population that have checked in and wait."),
});

export const taskSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  population: z.string(),
  state: z.enum(["created", "running", "paused", "cancelled", "finished"]),
  endReason: z
    .enum(["rounds", "target", "plateau", "budget", "schedule"])
    .nullable()
    .describe("Why it has finished; null in every other state."),
  planId: artifactId().describe("SHA-256 of the plan that clients get."),
  initialCheckpoint: artifactId(),
  createdAtMs: timestamp(),
  definition: taskSchema,
  progress: progressSchema,
});

export const roundSchema = z.object({
  id: z.string(),
  taskId: z.string(),
  kind: z
    .enum(["training", "evaluation", "operator-evaluation", "rollback"])
    .describe(
      "A cohort that trained; one that measured a checkpoint; a measurement of the operator's; a return to an older checkpoint.",
    ),
  number: count().describe(
    "Abandoned attempts share their number with the one that commits. Of an evaluation, the round that made the checkpoint.",
  ),
  outcome: z.enum(["committed", "abandoned"]),
  startedAtMs: timestamp(),
  endedAtMs: timestamp(),
  baseCheckpoint: artifactId().describe(
    "What the cohort trained from, or measured; before a rollback, the newest.",
  ),
  checkpoint: artifactId()
    .nullable()
    .describe(
      "What the round made, or went back to; null when it was abandoned, and of an evaluation.",
    ),
  reason: z.string().nullable().describe("Why it was abandoned; of a rollback, to where."),
  selected: count().describe("Clients in the cohort."),
  reported: count().describe("Reports in the aggregate."),
  rejected: count().describe("Reports refused."),
  droppedOut: count().describe("Members that left without a report."),
  fates: z
    .object({
      reported: count(),
      refused: z.record(z.string(), count()).describe("By error code."),
      withdrew: z.record(z.string(), count()).describe("By the error code that the client gave."),
      left: z
        .record(z.string(), count())
        .describe("By the stage in which the connection was lost."),
      unfinished: z
        .record(z.string(), count())
        .describe("By stage: the round ended without waiting for them."),
    })
    .describe("What became of every member of the cohort."),
  exampleCount: count().describe("Examples behind the reports."),
  bytesUp: count().describe("Bytes from the cohort."),
  bytesDown: count().describe("Bytes to the cohort."),
  metrics: z.record(z.string(), z.number()).describe("Means over the examples."),
});

const bestSchema = z
  .object({
    roundNumber: count(),
    checkpoint: artifactId(),
    measure: z.string().describe("What it is best in."),
    value: z.number(),
  })
  .nullable()
  .describe("The best checkpoint by the task's own judge and measure; null before the first.");

export const taskViewSchema = z.object({
  ...taskSummarySchema.shape,
  best: bestSchema,
  lastRound: roundSchema.nullable().describe("The newest round that has ended."),
});

export const checkpointSchema = z.object({
  id: artifactId(),
  taskId: z.string(),
  roundNumber: count().describe("0 for the initial model."),
  byteLength: count(),
  createdAtMs: timestamp(),
});

export const taskListSchema = z.object({ tasks: z.array(taskSummarySchema) });
export const roundListSchema = z.object({
  rounds: z.array(roundSchema).describe("Oldest first, newest last."),
});
export const checkpointListSchema = z.object({
  checkpoints: z.array(checkpointSchema).describe("The initial one first."),
});

export const tokenParams = z.strictObject({
  id: opaqueId("Use a token id as printed by `tributary token list`.").describe("The token."),
});
const roleSchema = z
  .enum(ADMIN_ROLES as [AdminRole, ...AdminRole[]], {
    error: `Use one of ${ADMIN_ROLES.join(", ")}.`,
  })
  .describe("What the bearer may do: look; also steer tasks; also let others in.");

const LABEL_REMEDY = "Use 1 to 100 printable characters.";
export const tokenCreationSchema = z.strictObject({
  name: z
    .string({ error: LABEL_REMEDY })
    .regex(/^[^\p{C}]{1,100}$/u, { error: LABEL_REMEDY })
    .describe("What the token is for."),
  role: roleSchema,
});

export const tokenSchema = z.object({
  id: z.string().describe("Names the token; no secret."),
  name: z.string(),
  role: roleSchema,
  createdAtMs: timestamp(),
  revokedAtMs: timestamp().nullable().describe("Null while the token is good."),
});
export const newTokenSchema = z.object({
  ...tokenSchema.shape,
  token: z.string().describe("The token itself: told once, and not stored."),
});
export const tokenListSchema = z.object({ tokens: z.array(tokenSchema) });

export const auditQuery = z.strictObject({
  limit: roundListQuery.shape.limit.describe("Answer with so many of the newest entries."),
  before: z.coerce
    .number({ error: "Use a sequence number." })
    .int({ error: "Use a sequence number." })
    .min(1, { error: "Use a sequence number." })
    .optional()
    .describe("Answer with entries below this sequence only."),
});
export const auditEntrySchema = z.object({
  sequence: z.int().min(1).describe("Higher is newer."),
  atMs: timestamp(),
  actor: z.string().describe("`root`, `loopback` or the id of a token."),
  operation: z.string().describe("The operation, as this document names it."),
  target: z.string().describe("A path of this API."),
  note: z.string().describe("Facts that the path does not say."),
  error: z.string().nullable().describe("Why it was refused; null when it was done."),
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
    .describe("The device: SHA-256 of its key, or the subject of its tokens."),
});
export const deviceListQuery = z.strictObject({
  limit: roundListQuery.shape.limit.describe("Answer with so many of the newest devices."),
});
export const populationSchema = z.object({
  name: z.string(),
  policy: enrolmentPolicySchema,
  updatedAtMs: timestamp().nullable().describe("Null while nobody has set a policy."),
});
export const populationListSchema = z.object({ populations: z.array(populationSchema) });
export const deviceSchema = z.object({
  id: z.string().describe("SHA-256 of the device's public key, or the subject of its tokens."),
  publicKey: z.string().nullable().describe("Ed25519, base64url; null without a device key."),
  registeredAtMs: timestamp(),
  revokedAtMs: timestamp().nullable().describe("Null while the device may take part."),
});
export const deviceListSchema = z.object({
  devices: z.array(deviceSchema).describe("Newest first."),
});

/** JSON that some other standard describes. */
export const jsonObjectSchema = z.record(z.string(), z.unknown());

/** Names in the document's `components.schemas`. */
export const adminSchemas = {
  Error: errorSchema,
  Health: healthSchema,
  Readiness: readinessSchema,
  ServerInfo: serverInfoSchema,
  TaskDefinition: taskSchema,
  TaskCreation: taskCreationSchema,
  Nothing: nothingSchema,
  EvaluationRequest: evaluationRequestSchema,
  OperatorEvaluation: operatorEvaluationSchema,
  Rollback: rollbackSchema,
  TaskSummary: taskSummarySchema,
  Task: taskViewSchema,
  TaskList: taskListSchema,
  Round: roundSchema,
  RoundList: roundListSchema,
  Checkpoint: checkpointSchema,
  CheckpointList: checkpointListSchema,
  TokenCreation: tokenCreationSchema,
  Token: tokenSchema,
  NewToken: newTokenSchema,
  TokenList: tokenListSchema,
  AuditEntry: auditEntrySchema,
  AuditList: auditListSchema,
  EnrolmentPolicy: enrolmentPolicySchema,
  Population: populationSchema,
  PopulationList: populationListSchema,
  Device: deviceSchema,
  DeviceList: deviceListSchema,
} as const;

export type ServerInfo = z.output<typeof serverInfoSchema>;
/** A task in the list of tasks. */
export type TaskSummaryView = z.output<typeof taskSummarySchema>;
/** A task, its progress and its newest round. */
export type TaskView = z.output<typeof taskViewSchema>;
export type RoundView = z.output<typeof roundSchema>;
/** A checkpoint's record, without its bytes. */
export type CheckpointView = z.output<typeof checkpointSchema>;
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
