ALTER TABLE "tributary"."devices" ADD COLUMN "voucher" text;--> statement-breakpoint
CREATE INDEX "devices_by_voucher" ON "tributary"."devices" USING btree ("population","voucher");--> statement-breakpoint
UPDATE "tributary"."devices" SET "voucher" = 'unrecorded' FROM "tributary"."populations" WHERE "populations"."name" = "devices"."population" AND "populations"."policy"->'token' IS NOT NULL;
