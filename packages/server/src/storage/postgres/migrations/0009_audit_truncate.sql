CREATE TRIGGER "audit_not_emptied" BEFORE TRUNCATE ON "tributary"."audit" FOR EACH STATEMENT EXECUTE FUNCTION "tributary"."refuse_change"();
