// What an app may set conditions to. The schema of plans says the same, and a test compares the two: what
// a page loads at once has no room for the library of schemas.
import {
  TributaryError,
  nearestKey,
  type ConditionName,
  type Conditions,
} from "@tributary/protocol";

/** @returns What to give in place of a value that is not valid; undefined when it is. */
type Fault = (value: unknown) => string | undefined;

const flag: Fault = (value) => (typeof value === "boolean" ? undefined : "Use true or false.");
const share: Fault = (value) =>
  typeof value === "number" && value > 0 && value <= 1
    ? undefined
    : "Use a number above 0, at most 1.";

const hours: Fault = (value) => {
  const { from, to, ...others } = Object(value) as Partial<Record<string, unknown>>;
  const isTime = (time: unknown): boolean =>
    typeof time === "string" && /^([01][0-9]|2[0-3]):[0-5][0-9]$/.test(time);
  const isWindow = isTime(from) && isTime(to) && from !== to && Object.keys(others).length === 0;
  return isWindow ? undefined : 'Use two times of day such as { from: "22:00", to: "06:30" }.';
};

const FAULTS: Readonly<Record<ConditionName | "unknown", Fault>> = {
  charging: flag,
  minimumBattery: share,
  unmetered: flag,
  dataSaverOff: flag,
  idle: flag,
  hidden: flag,
  unburdened: flag,
  hours,
  dailySeconds: (value) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 86_400
      ? undefined
      : "Use a whole number from 1 to 86400.",
  dailyBattery: share,
  unknown: (value) => (value === "met" || value === "unmet" ? undefined : "Use met or unmet."),
};

/**
 * Checks the app's own conditions. What the device cannot tell counts as unmet unless they say so.
 * @throws TributaryError `BAD_PARAMETER` when a condition has no valid value or there is none of that
 *   name; the message and `context.condition` name it.
 */
export function resolveConditions(conditions: Partial<Conditions>): Conditions {
  for (const [name, value] of Object.entries(conditions)) {
    const fault = Object.hasOwn(FAULTS, name) ? FAULTS[name as ConditionName] : undefined;
    if (fault === undefined) {
      const known = Object.keys(FAULTS);
      const nearest = nearestKey(name, known);
      const meant = nearest === undefined ? "" : `Perhaps you meant ${nearest}. `;
      throw bad(name, `There is no condition ${name}`, `${meant}Use ${known.join(", ")}.`);
    }
    const remedy = value === undefined ? undefined : fault(value);
    if (remedy !== undefined) {
      throw bad(name, `The condition ${name} is ${JSON.stringify(value)}`, remedy);
    }
  }
  return { unknown: "unmet", ...conditions };
}

function bad(condition: string, cause: string, remedy: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", cause, { remedy, context: { condition } });
}
