CREATE TABLE "tributary"."admin_tokens" (
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
