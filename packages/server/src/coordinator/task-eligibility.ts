import { TributaryError, type ParameterLayout, type TaskDefinition } from "@tributary/protocol";
import type { CheckInOffer } from "./participant.ts";

/** Why no client that offers this can take part in a task, whatever the time; `undefined` when one can. */
export function ineligibility(
  offer: CheckInOffer,
  task: TaskDefinition,
  layout: ParameterLayout,
): TributaryError | undefined {
  const refuse = (reason: string, remedy: string): TributaryError =>
    new TributaryError("NOT_ELIGIBLE", `The client cannot take part in "${task.name}": ${reason}`, {
      remedy,
      retryAfterMs: task.round.reportingTimeoutMs,
    });
  const { codec } = task.plan.update;
  const { minimumExamples } = task.eligibility;
  if (!offer.codecs.includes(codec)) {
    return refuse(
      `it does not offer the update codec "${codec}"`,
      "Allow the codec or update the SDK.",
    );
  }
  if (offer.maxParameters < layout.size) {
    return refuse(
      `the model has ${layout.size} parameters and the client takes ${offer.maxParameters}`,
      "Raise the client's limit on parameters.",
    );
  }
  if (offer.exampleCount < minimumExamples) {
    return refuse(
      `it has ${offer.exampleCount} examples and the task asks for ${minimumExamples}`,
      "Come back with more examples.",
    );
  }
  return undefined;
}
