import {
  TributaryError,
  type DownloadSpec,
  type ParameterLayout,
  type PlanId,
  type TaskDefinition,
} from "@tributary/protocol";
import type { CheckInOffer } from "../population/participant.ts";

/**
 * Milliseconds before a client may come back whose device did not meet a plan's conditions. It waits for
 * as long as that is so by itself.
 */
const CONDITIONS_RETRY_MS = 1_000;

/** What is looked at of a task. */
export interface OfferedTask {
  readonly task: TaskDefinition;
  readonly planId: PlanId;
  readonly layout: ParameterLayout;
}

/**
 * Why a client that offers this cannot take part in a task whose plan it can read, whatever the
 * time.
 * @returns `undefined` when the client can take part.
 */
export function ineligibility(
  offer: CheckInOffer,
  { task, planId, layout }: OfferedTask,
): TributaryError | undefined {
  const refuse = (
    reason: string,
    why: string,
    remedy: string,
    retryAfterMs = task.round.reportingTimeoutMs,
  ): TributaryError =>
    new TributaryError("NOT_ELIGIBLE", `The client cannot take part in "${task.name}": ${why}`, {
      remedy,
      context: { reason },
      retryAfterMs,
    });
  const { update, download } = task.plan;
  const codecs = [update.codec, ...downloadCodecNames(download)];
  const codec = codecs.find((name) => !offer.codecs.includes(name));
  const { minimumExamples } = task.eligibility;
  if (codec !== undefined) {
    return refuse(
      "codec",
      `it does not offer the update codec "${codec}"`,
      "Allow the codec or update the SDK.",
    );
  }
  if (offer.maxParameters < layout.size) {
    return refuse(
      "parameters",
      `the model has ${layout.size} parameters and the client takes ${offer.maxParameters}`,
      "Raise the client's limit on parameters.",
    );
  }
  if (offer.exampleCount < minimumExamples) {
    return refuse(
      "examples",
      `it has ${offer.exampleCount} examples and the task asks for ${minimumExamples}`,
      "Come back with more examples.",
    );
  }
  if (offer.declinedPlans?.includes(planId) === true) {
    return refuse(
      "conditions",
      "its device does not meet the conditions of the plan now",
      "Nothing is to be done: it comes back when it does.",
      CONDITIONS_RETRY_MS,
    );
  }
  return undefined;
}

/** Names of the codecs that a client needs to read the model that it downloads. */
function downloadCodecNames(download: DownloadSpec): readonly string[] {
  switch (download.encoding) {
    case "float32":
      return [];
    case "float16":
      return ["float16"];
    case "difference":
      return [download.update.codec];
  }
}
