import { TributaryError } from "@tributary/protocol";

/** The error for a task that has no best checkpoint, because none of its checkpoints has been measured. */
export function nothingMeasured(): TributaryError {
  return new TributaryError(
    "CHECKPOINT_UNKNOWN",
    "No checkpoint of the task has been measured yet",
    {
      remedy:
        "Wait until a checkpoint is measured by whoever the task's evaluation.judgedBy names.",
    },
  );
}
