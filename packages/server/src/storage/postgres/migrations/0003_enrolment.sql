CREATE TABLE "tributary"."devices" (
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
CREATE INDEX "devices_by_registration" ON "tributary"."devices" USING btree ("population","registered_at_ms");