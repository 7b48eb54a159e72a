import type { Conditions } from "@tributary/protocol";
import { untilTime } from "./local-time.ts";
import type { Spent } from "./usage-store.ts";

/** Whether a day's budget is among the conditions. */
export function hasBudget(conditions: Conditions | undefined): boolean {
  return conditions?.dailySeconds !== undefined || conditions?.dailyBattery !== undefined;
}

/**
 * After how many milliseconds conditions may begin or cease to hold although the device tells nothing: an
 * hour begins or ends, a day ends, or the time of a day has been used up by work that goes on. Infinity
 * if that cannot happen.
 * @param spent - What was spent today, as far as it is known.
 */
export function nextMomentMs(
  conditions: Conditions | undefined,
  spent: Spent | undefined,
  nowMs: number,
): number {
  if (conditions === undefined) return Infinity;
  const { hours, dailySeconds } = conditions;
  const leftMs = 1000 * ((dailySeconds ?? 0) - (spent?.seconds ?? 0));
  return Math.min(
    ...(hours === undefined ? [] : [untilTime(hours.from, nowMs), untilTime(hours.to, nowMs)]),
    ...(hasBudget(conditions) ? [untilTime("00:00", nowMs)] : []),
    ...(leftMs > 0 ? [leftMs] : []),
  );
}
