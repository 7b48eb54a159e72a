CREATE TABLE "tributary"."leases" (
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
CREATE UNIQUE INDEX "leases_epoch" ON "tributary"."leases" USING btree ("name","epoch");