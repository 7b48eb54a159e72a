CREATE TABLE "tributary"."write_probe" (
	"id" integer PRIMARY KEY NOT NULL,
	"writes" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tributary"."tasks" ADD COLUMN "pause_reason" text;