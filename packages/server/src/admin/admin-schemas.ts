// The JSON of the admin API. /openapi.json is made from these schemas, and the tests check every
// answer against them.
import * as z from "zod";
import { ERROR_CODES, type ErrorCode } from "@tributary/protocol";
import { taskSchema } from "@tributary/protocol/schemas";
import { enrolmentPolicySchema } from "../enrolment/policy.ts";
import {
  auditEntrySchema,
  auditListSchema,
  deviceListSchema,
  deviceSchema,
  newTokenSchema,
  populationListSchema,
  populationSchema,
  tokenCreationSchema,
  tokenListSchema,
  tokenSchema,
} from "./access-schemas.ts";
import { metricDetailSchema } from "./metric-detail-schema.ts";
import { artifactId, count, newestLimit, opaqueId, timestamp } from "./schema-parts.ts";

export const taskParams = z.strictObject({
  id: opaqueId("Use a task id as printed by `tributary task list`.").describe("The task."),
});
export const roundParams = z.strictObject({
  id: opaqueId("Use a round id as printed by `tributary round list`.").describe("The round."),
});
export const checkpointParams = z.strictObject({
  id: artifactId().describe("The checkpoint's id: the SHA-256 of its bytes, hexadecimal."),
});

export const roundListQuery = z.strictObject({
  limit: newestLimit("How many of the newest rounds to return."),
});

const errorCode = (): z.ZodEnum<Record<ErrorCode, ErrorCode>> =>
  z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

export const errorSchema = z.object({
  error: z.object({
    code: errorCode().describe(
      "The stable name of the error. Programs should look at nothing else.",
    ),
    message: z.string().describe("What went wrong."),
    remedy: z.string().optional().describe("What to do about it, in one sentence."),
    context: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe("Facts that say where the fault is: a path, a field, an id."),
  }),
});

export const healthSchema = z.object({ status: z.literal("alive") });
export const readinessSchema = z.object({
  status: z
    .enum(["ready", "degraded"])
    .describe("`degraded` when some of the running tasks do not get on."),
  stuckTasks: count().describe("The number of running tasks that do not get on."),
});

export const serverInfoSchema = z.object({
  version: z.string(),
  gatewayUrl: z.string().describe("The URL that clients connect to."),
  serverKey: z.string().describe("The server's public key, which clients pin."),
  connections: count().describe("The number of clients that are connected now."),
  uptimeMs: z.number().min(0),
  protocolVersions: z.object({ oldest: z.int(), newest: z.int() }),
  builtinModels: z
    .array(z.string())
    .describe("The models that a task can use without uploading one."),
  updateCodecs: z.array(z.string()),
});

const KEY_REMEDY = "Use 1 to 255 visible ASCII characters, such as a UUID.";
export const taskCreationHeaders = z.object({
  "idempotency-key": z
    .string({ error: KEY_REMEDY })
    .regex(/^[\x21-\x7e]{1,255}$/, { error: KEY_REMEDY })
    .optional()
    .describe(
      "A new one for each new task. A request that is sent again with the same key and the same " +
        "body creates nothing: the answer is the task that the first one created.",
    ),
});

export const taskCreationSchema = z.strictObject({
  definition: taskSchema,
  start: z.boolean().default(false).describe("Whether to start the task at once."),
});

/** Names a checkpoint of a task by the round that made it. */
const roundOfCheckpoint = (): z.ZodNumber =>
  z
    .int({ error: "Use the number of a round." })
    .min(0, { error: "Use the number of a round." })
    .describe("The number of the round that made the checkpoint; 0 for the initial model.");

export const rollbackSchema = z.strictObject({ roundNumber: roundOfCheckpoint() });
export const evaluationRequestSchema = z.strictObject({
  roundNumber: roundOfCheckpoint()
    .optional()
    .describe("The round that made the checkpoint. The newest checkpoint if left out."),
});
export const operatorEvaluationSchema = z.strictObject({
  roundNumber: roundOfCheckpoint(),
  exampleCount: z
    .int({ error: "Use a whole number from 1." })
    .min(1, { error: "Use a whole number from 1." })
    .describe("The number of examples that the checkpoint was measured on."),
  metrics: z
    .record(z.string().max(64), z.number({ error: "Use finite numbers." }))
    .describe("The loss and the plan's metrics, each a mean over the examples."),
});

/**
 * The body of a request that carries no data. Its content type proves that no web page forged the
 * request.
 */
export const nothingSchema = z.strictObject({});

const progressSchema = z.object({
  phase: z
    .enum(["idle", "selecting", "configuring", "reporting", "committing", "done", "abandoned"])
    .describe("The phase of the round in flight; `idle` when there is none."),
  committedRounds: count(),
  waitingClients: count().describe(
    "The number of clients of the population that have checked in and wait for a round.",
  ),
  problem: z
    .object({
      code: errorCode(),
      message: z.string().describe("What has happened, and what to do about it."),
    })
    .nullable()
    .describe(
      "Why a running task does not get on, or why the task cannot be read; null for any other.",
    ),
});

export const taskSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  population: z.string(),
  state: z.enum(["created", "running", "paused", "cancelled", "finished"]),
  endReason: z
    .enum(["rounds", "target", "plateau", "budget", "schedule"])
    .nullable()
    .describe("Why the task has finished; null in every other state."),
  pauseReason: z
    .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
    .nullable()
    .describe(
      "The error for which all clients refuse the task, when the server has paused it for that; " +
        "null otherwise.",
    ),
  planId: artifactId().describe("The SHA-256 of the plan that clients get."),
  initialCheckpoint: artifactId(),
  createdAtMs: timestamp(),
  definition: taskSchema
    .nullable()
    .describe("The task file; null when it cannot be read, and `progress.problem` says why."),
  progress: progressSchema,
});

export const roundSchema = z.object({
  id: z.string(),
  taskId: z.string(),
  kind: z
    .enum(["training", "evaluation", "operator-evaluation", "rollback"])
    .describe(
      "`training`: a cohort trained. `evaluation`: a cohort measured a checkpoint. " +
        "`operator-evaluation`: the operator measured one. " +
        "`rollback`: the task went back to an older checkpoint.",
    ),
  number: count().describe(
    "The round's number. Abandoned attempts have the number of the attempt that commits. " +
      "An evaluation has the number of the round that made the checkpoint.",
  ),
  outcome: z.enum(["committed", "abandoned"]),
  startedAtMs: timestamp(),
  endedAtMs: timestamp(),
  attempts: count().describe(
    "The number of attempts that the record stands for. Abandoned attempts at one round that ended " +
      "for the same reason and without reports share a record, whose counts are their sums.",
  ),
  roundTimeMs: count().describe("How long the attempts took together, in milliseconds."),
  baseCheckpoint: artifactId().describe(
    "The checkpoint that the cohort trained from or measured. " +
      "For a rollback, the newest checkpoint before it.",
  ),
  checkpoint: artifactId()
    .nullable()
    .describe(
      "The checkpoint that the round made or went back to. " +
        "Null for an abandoned round and for an evaluation.",
    ),
  reason: z
    .string()
    .nullable()
    .describe(
      "Why the round was abandoned. " +
        "For a rollback, the round that it went back to. Null otherwise.",
    ),
  selected: count().describe("The number of clients in the cohort."),
  reported: count().describe("The number of reports in the aggregate."),
  rejected: count().describe("The number of reports that were refused."),
  droppedOut: count().describe("The number of members that left without a report."),
  fates: z
    .object({
      reported: count(),
      refused: z
        .record(z.string(), count())
        .describe("Members whose report was refused, by error code."),
      withdrew: z
        .record(z.string(), count())
        .describe("Members that withdrew, by the error code that they gave."),
      left: z
        .record(z.string(), count())
        .describe("Members whose connection was lost, by the stage that they were in."),
      unfinished: z
        .record(z.string(), count())
        .describe("Members that the round ended without, by the stage that they were in."),
    })
    .describe("What became of every member of the cohort."),
  exampleCount: count().describe("The number of examples behind the reports."),
  bytesUp: count().describe("Bytes that the cohort sent."),
  bytesDown: count().describe("Bytes that were sent to the cohort."),
  metrics: z
    .record(z.string(), z.number())
    .describe(
      "What the reports came to in each measure: trimmed means, and what is computed from sums.",
    ),
  metricDetail: metricDetailSchema.describe(
    "What was measured beyond one number for each metric; empty when there is no more.",
  ),
});

const countsByReason = (what: string): z.ZodRecord<z.ZodString, z.ZodNumber> =>
  z
    .record(z.string(), count())
    .describe(
      `${what}, counted by reason: \`codec\`, \`parameters\`, \`examples\`, ` +
        "`held-out-examples`, `plan-features`, `conditions` (its device does not meet those of the plan, and it does not say which), `device` (the client has not said which it is) or " +
        "`participation` (its device's turn has not come).",
    );

export const roundInFlightSchema = z.object({
  id: z.string(),
  taskId: z.string(),
  kind: z.enum(["training", "evaluation"]),
  number: count().describe("The number that the round will have when it commits."),
  phase: progressSchema.shape.phase.exclude(["idle"]).describe("What the round is doing."),
  startedAtMs: timestamp(),
  elapsedMs: z.number().min(0).describe("Milliseconds since the round was opened."),
  needed: count().describe("The number of clients that the round gathers before it starts."),
  goal: count().describe("The number of reports that closes the round."),
  minimum: count().describe("The fewest reports with which the round commits."),
  gathered: count().describe("The number of clients that have come and are not selected yet."),
  selected: count().describe("The number of clients in the cohort; 0 before it is complete."),
  atWork: count().describe("The number of members that may still report."),
  reported: count().describe("The number of reports that have been added."),
  missing: count().describe(
    "The number of clients that the round still waits for: first to be gathered, then to report.",
  ),
  unusable: z
    .object({
      waiting: countsByReason("Waiting clients that the round cannot use"),
      turnedAway: countsByReason("Check-ins that were turned away since the round was opened"),
    })
    .describe("Clients that the round cannot use."),
});

const bestSchema = z
  .object({
    roundNumber: count(),
    checkpoint: artifactId(),
    measure: z.string().describe("The measure in which it is the best."),
    value: z.number(),
  })
  .nullable()
  .describe("The best checkpoint by the task's own judge and measure; null before there is one.");

export const taskViewSchema = z.object({
  ...taskSummarySchema.shape,
  best: bestSchema,
  inFlight: roundInFlightSchema.nullable().describe("The round in flight; null without one."),
  lastRound: roundSchema.nullable().describe("The newest round that has ended."),
  warnings: z
    .array(z.string())
    .describe("What may keep the task from going well, in sentences for its operator."),
});

export const checkpointSchema = z.object({
  id: artifactId(),
  taskId: z.string(),
  roundNumber: count().describe("The round that made the checkpoint; 0 for the initial model."),
  byteLength: count(),
  createdAtMs: timestamp(),
  optimizerMemory: artifactId()
    .nullable()
    .describe(
      "SHA-256 of what the server optimizer remembered after that round; null when it remembered nothing.",
    ),
});

export const taskListSchema = z.object({ tasks: z.array(taskSummarySchema) });
export const roundListSchema = z.object({
  rounds: z.array(roundSchema).describe("The rounds that have ended, oldest first."),
});
export const checkpointListSchema = z.object({
  checkpoints: z
    .array(checkpointSchema)
    .describe("The checkpoints, beginning with the initial one."),
});

/** A JSON object whose form another standard describes. */
export const jsonObjectSchema = z.record(z.string(), z.unknown());

/** The schemas that have a name in the document, under `components.schemas`. */
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
  RoundInFlight: roundInFlightSchema,
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
/** A round that has not ended, with the clients that it waits for. */
export type RoundInFlightView = z.output<typeof roundInFlightSchema>;
/** A checkpoint's record, without its bytes. */
export type CheckpointView = z.output<typeof checkpointSchema>;
