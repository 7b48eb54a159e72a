ALTER TABLE "tributary"."rounds" ADD COLUMN "attempts" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD COLUMN "round_time_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE "tributary"."rounds" SET "round_time_ms" = greatest(0, "ended_at_ms" - "started_at_ms");