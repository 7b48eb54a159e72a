ALTER TABLE "tributary"."rounds" DROP CONSTRAINT "rounds_checkpoint";--> statement-breakpoint
DROP INDEX "tributary"."rounds_committed_number";--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD COLUMN "kind" text DEFAULT 'training' NOT NULL;--> statement-breakpoint
ALTER TABLE "tributary"."tasks" ADD COLUMN "end_reason" text;--> statement-breakpoint
CREATE UNIQUE INDEX "rounds_committed_number" ON "tributary"."rounds" USING btree ("task_id","number") WHERE outcome = 'committed' and kind in ('training', 'rollback');--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD CONSTRAINT "rounds_kind" CHECK ("tributary"."rounds"."kind" in ('training', 'evaluation', 'operator-evaluation', 'rollback'));--> statement-breakpoint
ALTER TABLE "tributary"."rounds" ADD CONSTRAINT "rounds_checkpoint" CHECK (("tributary"."rounds"."outcome" = 'committed' and "tributary"."rounds"."kind" in ('training', 'rollback')) = ("tributary"."rounds"."checkpoint" is not null));