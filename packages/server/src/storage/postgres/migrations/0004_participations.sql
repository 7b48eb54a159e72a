CREATE TABLE "tributary"."participations" (
	"task_id" text NOT NULL,
	"device_id" text NOT NULL,
	"round_number" integer NOT NULL,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "participations_task_id_device_id_pk" PRIMARY KEY("task_id","device_id")
);
