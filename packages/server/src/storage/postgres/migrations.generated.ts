// Written by generate-migrations.mjs from migrations/*.sql; not edited by hand.
import type { Migration } from "./migration.ts";

export const MIGRATIONS: readonly Migration[] = [
  {
    name: "0000_initial",
    sql: `CREATE TABLE "tributary"."checkpoint_chunks" (
	"checkpoint_id" text NOT NULL,
	"index" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "checkpoint_chunks_checkpoint_id_index_pk" PRIMARY KEY("checkpoint_id","index")
);
--> statement-breakpoint
CREATE TABLE "tributary"."checkpoint_contents" (
	"id" text PRIMARY KEY NOT NULL,
	"byte_length" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tributary"."checkpoints" (
	"task_id" text NOT NULL,
	"round_number" integer NOT NULL,
	"id" text NOT NULL,
	"byte_length" bigint NOT NULL,
	"created_at_ms" bigint NOT NULL,
	CONSTRAINT "checkpoints_task_id_round_number_pk" PRIMARY KEY("task_id","round_number")
);
--> statement-breakpoint
CREATE TABLE "tributary"."rounds" (
	"id" text PRIMARY KEY NOT NULL,
	"task_id" text NOT NULL,
	"number" integer NOT NULL,
	"outcome" text NOT NULL,
	"started_at_ms" bigint NOT NULL,
	"ended_at_ms" bigint NOT NULL,
	"base_checkpoint" text NOT NULL,
	"checkpoint" text,
	"reason" text,
	"selected" integer NOT NULL,
	"reported" integer NOT NULL,
	"rejected" integer NOT NULL,
	"dropped_out" integer NOT NULL,
	"example_count" bigint NOT NULL,
	"bytes_up" bigint NOT NULL,
	"bytes_down" bigint NOT NULL,
	"metrics" json NOT NULL,
	CONSTRAINT "rounds_outcome" CHECK ("tributary"."rounds"."outcome" in ('committed', 'abandoned')),
	CONSTRAINT "rounds_checkpoint" CHECK (("tributary"."rounds"."outcome" = 'committed') = ("tributary"."rounds"."checkpoint" is not null))
);
--> statement-breakpoint
CREATE TABLE "tributary"."tasks" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"population" text NOT NULL,
	"definition" json NOT NULL,
	"plan_bytes" "bytea" NOT NULL,
	"state" text NOT NULL,
	"initial_checkpoint" text NOT NULL,
	"created_at_ms" bigint NOT NULL,
	CONSTRAINT "tasks_state" CHECK ("tributary"."tasks"."state" in ('created', 'running', 'paused', 'cancelled', 'finished'))
);
--> statement-breakpoint
ALTER TABLE "tributary"."checkpoint_chunks" ADD CONSTRAINT "checkpoint_chunks_checkpoint_id_checkpoint_contents_id_fk" FOREIGN KEY ("checkpoint_id") REFERENCES "tributary"."checkpoint_contents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tributary"."checkpoints" ADD CONSTRAINT "checkpoints_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "tributary"."tasks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD CONSTRAINT "rounds_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "tributary"."tasks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "checkpoints_by_id" ON "tributary"."checkpoints" USING btree ("id");--> statement-breakpoint
CREATE UNIQUE INDEX "rounds_committed_number" ON "tributary"."rounds" USING btree ("task_id","number") WHERE outcome = 'committed';--> statement-breakpoint
CREATE INDEX "rounds_by_task" ON "tributary"."rounds" USING btree ("task_id","number");`,
  },
  {
    name: "0001_access",
    sql: `CREATE TABLE "tributary"."admin_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"created_at_ms" bigint NOT NULL,
	"revoked_at_ms" bigint,
	CONSTRAINT "admin_tokens_role" CHECK ("tributary"."admin_tokens"."role" in ('viewer', 'operator', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "tributary"."audit" (
	"sequence" bigserial PRIMARY KEY NOT NULL,
	"at_ms" bigint NOT NULL,
	"actor" text NOT NULL,
	"operation" text NOT NULL,
	"target" text NOT NULL,
	"note" text NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE FUNCTION "tributary"."refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "audit_append_only" BEFORE UPDATE OR DELETE ON "tributary"."audit" FOR EACH ROW EXECUTE FUNCTION "tributary"."refuse_change"();
`,
  },
  {
    name: "0002_round_fates",
    sql: `ALTER TABLE "tributary"."rounds" ADD COLUMN "fates" json DEFAULT '{"reported":0,"refused":{},"withdrew":{},"left":{},"unfinished":{}}'::json NOT NULL;`,
  },
  {
    name: "0003_enrolment",
    sql: `CREATE TABLE "tributary"."devices" (
	"population" text NOT NULL,
	"id" text NOT NULL,
	"public_key" "bytea",
	"registered_at_ms" bigint NOT NULL,
	"revoked_at_ms" bigint,
	CONSTRAINT "devices_population_id_pk" PRIMARY KEY("population","id")
);
--> statement-breakpoint
CREATE TABLE "tributary"."populations" (
	"name" text PRIMARY KEY NOT NULL,
	"policy" json NOT NULL,
	"updated_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "devices_by_registration" ON "tributary"."devices" USING btree ("population","registered_at_ms");`,
  },
  {
    name: "0004_participations",
    sql: `CREATE TABLE "tributary"."participations" (
	"task_id" text NOT NULL,
	"device_id" text NOT NULL,
	"round_number" integer NOT NULL,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "participations_task_id_device_id_pk" PRIMARY KEY("task_id","device_id")
);
`,
  },
  {
    name: "0005_evaluations",
    sql: `ALTER TABLE "tributary"."rounds" DROP CONSTRAINT "rounds_checkpoint";--> statement-breakpoint
DROP INDEX "tributary"."rounds_committed_number";--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD COLUMN "kind" text DEFAULT 'training' NOT NULL;--> statement-breakpoint
ALTER TABLE "tributary"."tasks" ADD COLUMN "end_reason" text;--> statement-breakpoint
CREATE UNIQUE INDEX "rounds_committed_number" ON "tributary"."rounds" USING btree ("task_id","number") WHERE outcome = 'committed' and kind in ('training', 'rollback');--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD CONSTRAINT "rounds_kind" CHECK ("tributary"."rounds"."kind" in ('training', 'evaluation', 'operator-evaluation', 'rollback'));--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD CONSTRAINT "rounds_checkpoint" CHECK (("tributary"."rounds"."outcome" = 'committed' and "tributary"."rounds"."kind" in ('training', 'rollback')) = ("tributary"."rounds"."checkpoint" is not null));`,
  },
  {
    name: "0006_pauses_and_probe",
    sql: `CREATE TABLE "tributary"."write_probe" (
	"id" integer PRIMARY KEY NOT NULL,
	"writes" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tributary"."tasks" ADD COLUMN "pause_reason" text;`,
  },
  {
    name: "0007_lease",
    sql: `CREATE TABLE "tributary"."leases" (
	"name" text PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"place" text NOT NULL,
	"started" text,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tributary"."server_identity" (
	"name" text PRIMARY KEY NOT NULL,
	"server_key" text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "leases_epoch" ON "tributary"."leases" USING btree ("name","epoch");`,
  },
  {
    name: "0008_round_attempts",
    sql: `ALTER TABLE "tributary"."rounds" ADD COLUMN "attempts" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD COLUMN "round_time_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE "tributary"."rounds" SET "round_time_ms" = greatest(0, "ended_at_ms" - "started_at_ms");`,
  },
  {
    name: "0009_audit_truncate",
    sql: `CREATE TRIGGER "audit_not_emptied" BEFORE TRUNCATE ON "tributary"."audit" FOR EACH STATEMENT EXECUTE FUNCTION "tributary"."refuse_change"();
`,
  },
  {
    name: "0010_definition_version",
    sql: `ALTER TABLE "tributary"."tasks" ADD COLUMN "definition_version" integer DEFAULT 1 NOT NULL;`,
  },
  {
    name: "0011_device_vouchers",
    sql: `ALTER TABLE "tributary"."devices" ADD COLUMN "voucher" text;--> statement-breakpoint
CREATE INDEX "devices_by_voucher" ON "tributary"."devices" USING btree ("population","voucher");--> statement-breakpoint
UPDATE "tributary"."devices" SET "voucher" = 'unrecorded' FROM "tributary"."populations" WHERE "populations"."name" = "devices"."population" AND "populations"."policy"->'token' IS NOT NULL;
`,
  },
  {
    name: "0012_metric_detail",
    sql: `ALTER TABLE "tributary"."rounds" ADD COLUMN "metric_detail" json DEFAULT '{}'::json NOT NULL;`,
  },
  {
    name: "0013_optimizer_memory",
    sql: `ALTER TABLE "tributary"."checkpoints" ADD COLUMN "optimizer_memory" text;`,
  },
];
