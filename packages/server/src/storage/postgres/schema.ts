// The tables of a Tributary store, for PGlite and for a Postgres server alike. After a change here,
// run `node src/storage/postgres/generate-migrations.mjs NAME` in packages/server and commit what
// it writes.
import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
  customType,
  foreignKey,
  index,
  integer,
  json,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type {
  AdminTokenId,
  CheckpointId,
  ContentId,
  ErrorCode,
  OptimizerMemoryId,
  RoundId,
  TaskId,
} from "@tributary/protocol";
import type { AdminRole, EnrolmentPolicy } from "../access-store.ts";
import type { MetricDetail, RoundFates, RoundKind, TaskEndReason } from "@tributary/core";
import type { RoundRecord, TaskState } from "../round-store.ts";
import { namespace } from "./namespace.ts";

/**
 * Both drivers accept any Uint8Array. They may return a Buffer over shared memory, so it is copied.
 */
const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: (value) => new Uint8Array(value),
});

/** A column for milliseconds, bytes and counts: 64 bits in the database, below 2^53 in records. */
const count = (name: string) => bigint(name, { mode: "number" });

export const tasks = namespace.table(
  "tasks",
  {
    id: text().$type<TaskId>().primaryKey(),
    name: text().notNull(),
    population: text().notNull(),
    // json, not jsonb: the order of keys is kept. It has the form of the version that stored it, and
    // is never rewritten.
    definition: json().$type<unknown>().notNull(),
    // Tasks that are older than this column are of version 1.
    definitionVersion: integer("definition_version").notNull().default(1),
    planBytes: bytea("plan_bytes").notNull(),
    state: text().$type<TaskState>().notNull(),
    endReason: text("end_reason").$type<TaskEndReason>(),
    pauseReason: text("pause_reason").$type<ErrorCode>(),
    initialCheckpoint: text("initial_checkpoint").$type<CheckpointId>().notNull(),
    createdAtMs: count("created_at_ms").notNull(),
  },
  (table) => [
    check(
      "tasks_state",
      sql`${table.state} in ('created', 'running', 'paused', 'cancelled', 'finished')`,
    ),
  ],
);

export const rounds = namespace.table(
  "rounds",
  {
    id: text().$type<RoundId>().primaryKey(),
    taskId: text("task_id")
      .$type<TaskId>()
      .notNull()
      .references(() => tasks.id),
    kind: text().$type<RoundKind>().notNull().default("training"),
    number: integer().notNull(),
    outcome: text().$type<RoundRecord["outcome"]>().notNull(),
    startedAtMs: count("started_at_ms").notNull(),
    endedAtMs: count("ended_at_ms").notNull(),
    attempts: integer().notNull().default(1),
    roundTimeMs: count("round_time_ms").notNull().default(0),
    baseCheckpoint: text("base_checkpoint").$type<CheckpointId>().notNull(),
    checkpoint: text().$type<CheckpointId>(),
    reason: text(),
    selected: integer().notNull(),
    reported: integer().notNull(),
    rejected: integer().notNull(),
    droppedOut: integer("dropped_out").notNull(),
    // json, not jsonb: the order of keys is kept. Rounds that are older than this column have the
    // default.
    fates: json()
      .$type<RoundFates>()
      .notNull()
      .default({ reported: 0, refused: {}, withdrew: {}, left: {}, unfinished: {} }),
    exampleCount: count("example_count").notNull(),
    bytesUp: count("bytes_up").notNull(),
    bytesDown: count("bytes_down").notNull(),
    metrics: json().$type<Readonly<Record<string, number>>>().notNull(),
    // Rounds that are older than this column have the default.
    metricDetail: json("metric_detail").$type<MetricDetail>().notNull().default({}),
  },
  (table) => [
    // A round number is committed at most once. The database enforces it, whatever several servers
    // believe.
    uniqueIndex("rounds_committed_number")
      .on(table.taskId, table.number)
      .where(sql`outcome = 'committed' and kind in ('training', 'rollback')`),
    index("rounds_by_task").on(table.taskId, table.number),
    check("rounds_outcome", sql`${table.outcome} in ('committed', 'abandoned')`),
    check(
      "rounds_checkpoint",
      sql`(${table.outcome} = 'committed' and ${table.kind} in ('training', 'rollback')) = (${table.checkpoint} is not null)`,
    ),
    check(
      "rounds_kind",
      sql`${table.kind} in ('training', 'evaluation', 'operator-evaluation', 'rollback')`,
    ),
  ],
);

export const checkpoints = namespace.table(
  "checkpoints",
  {
    taskId: text("task_id")
      .$type<TaskId>()
      .notNull()
      .references(() => tasks.id),
    roundNumber: integer("round_number").notNull(),
    id: text().$type<CheckpointId>().notNull(),
    byteLength: count("byte_length").notNull(),
    createdAtMs: count("created_at_ms").notNull(),
    optimizerMemory: text("optimizer_memory").$type<OptimizerMemoryId>(),
  },
  (table) => [
    primaryKey({ columns: [table.taskId, table.roundNumber] }),
    index("checkpoints_by_id").on(table.id),
  ],
);

/**
 * The bytes of checkpoints, and what server optimizers remember with them, named by their hash and
 * shared by all tasks. Empty in the embedded store, which uses files.
 */
export const checkpointContents = namespace.table("checkpoint_contents", {
  id: text().$type<ContentId>().primaryKey(),
  byteLength: count("byte_length").notNull(),
});

export const checkpointChunks = namespace.table(
  "checkpoint_chunks",
  {
    checkpointId: text("checkpoint_id").$type<ContentId>().notNull(),
    index: integer().notNull(),
    bytes: bytea().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.checkpointId, table.index] }),
    foreignKey({ columns: [table.checkpointId], foreignColumns: [checkpointContents.id] }),
  ],
);

export const adminTokens = namespace.table(
  "admin_tokens",
  {
    id: text().$type<AdminTokenId>().primaryKey(),
    name: text().notNull(),
    role: text().$type<AdminRole>().notNull(),
    digest: bytea().notNull(),
    createdAtMs: count("created_at_ms").notNull(),
    revokedAtMs: count("revoked_at_ms"),
  },
  (table) => [check("admin_tokens_role", sql`${table.role} in ('viewer', 'operator', 'admin')`)],
);

/**
 * Rows are only ever added. The migration of this table adds a trigger that refuses UPDATE and
 * DELETE.
 */
export const audit = namespace.table("audit", {
  sequence: bigserial({ mode: "number" }).primaryKey(),
  atMs: count("at_ms").notNull(),
  actor: text().notNull(),
  operation: text().notNull(),
  target: text().notNull(),
  note: text().notNull(),
  error: text().$type<ErrorCode>(),
});

export const populations = namespace.table("populations", {
  name: text().primaryKey(),
  policy: json().$type<EnrolmentPolicy>().notNull(),
  updatedAtMs: count("updated_at_ms").notNull(),
});

export const devices = namespace.table(
  "devices",
  {
    population: text().notNull(),
    id: text().notNull(),
    publicKey: bytea("public_key"),
    registeredAtMs: count("registered_at_ms").notNull(),
    revokedAtMs: count("revoked_at_ms"),
    voucher: text(),
  },
  (table) => [
    primaryKey({ columns: [table.population, table.id] }),
    index("devices_by_registration").on(table.population, table.registeredAtMs),
    index("devices_by_voucher").on(table.population, table.voucher),
  ],
);

/**
 * The leases of the database: today one, which the server that works on it holds. The epoch is part
 * of a key, so that a change of it waits for the transactions that check it, and a renewal does not.
 */
export const leases = namespace.table(
  "leases",
  {
    name: text().primaryKey(),
    epoch: count("epoch").notNull(),
    host: text().notNull(),
    pid: integer().notNull(),
    place: text().notNull(),
    started: text(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  },
  (table) => [uniqueIndex("leases_epoch").on(table.name, table.epoch)],
);

/** The public key of the server that the tasks belong to: one row. */
export const serverIdentity = namespace.table("server_identity", {
  name: text().primaryKey(),
  serverKey: text("server_key").notNull(),
});

/**
 * The newest participation of each device in a task: one row for each device, however many rounds
 * it took part in.
 */
export const participations = namespace.table(
  "participations",
  {
    taskId: text("task_id").$type<TaskId>().notNull(),
    deviceId: text("device_id").notNull(),
    roundNumber: integer("round_number").notNull(),
    atMs: count("at_ms").notNull(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.deviceId] })],
);

/** One row, which is written to find out whether the database takes writes. */
export const writeProbe = namespace.table("write_probe", {
  id: integer().primaryKey(),
  writes: count("writes").notNull(),
});
