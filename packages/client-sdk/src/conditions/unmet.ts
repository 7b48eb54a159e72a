import { TributaryError, type ConditionName, type Conditions } from "@tributary/protocol";
import { askedFor, type DeviceFacts } from "./condition-table.ts";

/** A condition that keeps a client from working now. */
export interface UnmetCondition {
  readonly condition: ConditionName;
  /** Who asks for it: the plan of a task, or the app's own settings. */
  readonly askedBy: "plan" | "app";
  /** False when the device cannot tell, and the condition counts as unmet for that reason. */
  readonly isKnown: boolean;
}

/** Which of the conditions that somebody asks for keep a client from working. */
export function unmetConditions(
  conditions: Conditions | undefined,
  facts: DeviceFacts,
  askedBy: UnmetCondition["askedBy"],
): readonly UnmetCondition[] {
  if (conditions === undefined) return [];
  return askedFor(conditions).flatMap(({ name: condition, isMet }) => {
    const met = isMet(facts);
    if (met ?? conditions.unknown === "met") return [];
    return [{ condition, askedBy, isKnown: met !== undefined }];
  });
}

/**
 * The error of work that does not begin, or was stopped, because of conditions. It is for the app: its
 * message does not leave the device.
 */
export function conditionsUnmet(unmet: readonly UnmetCondition[]): TributaryError {
  const names = [...new Set(unmet.map(({ condition }) => condition))];
  const unknown = unmet.some(({ isKnown }) => !isKnown);
  return new TributaryError(
    "CONDITIONS_UNMET",
    `The device does not meet these conditions now: ${names.join(", ")}`,
    {
      remedy: unknown
        ? "Wait until they hold. Of a condition that the device cannot tell, say in `unknown` that it counts as met."
        : "Nothing is to be done: the client goes on by itself when they hold.",
      context: { conditions: names.join(", ") },
    },
  );
}

/** Says in a sentence when the work is done; undefined where no conditions are asked for. */
export function conditionsSentence(conditions: Conditions | undefined): string | undefined {
  if (conditions === undefined) return undefined;
  const words = askedFor(conditions).map((asked) => asked.words);
  if (words.length === 0) return undefined;
  const rest =
    conditions.unknown === "met"
      ? "What the device cannot tell counts as so."
      : "What the device cannot tell counts as not so.";
  return `It works only while ${words.join(", and ")}. ${rest}`;
}
