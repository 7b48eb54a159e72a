import { TributaryError } from "@tributary/protocol";

/** A task that has no best checkpoint yet. */
export function nothingMeasured(): TributaryError {
  return new TributaryError(
    "CHECKPOINT_UNKNOWN",
    "No checkpoint of the task has been measured yet",
    { remedy: "Wait for a measurement of the kind that evaluation.judgedBy of the task names." },
  );
}
