// Times of day and days by the clock of the device, in the time zone that it is set to.
import type { Conditions } from "@tributary/protocol";

type Hours = NonNullable<Conditions["hours"]>;

/** Whether a moment lies within the hours. They may span midnight, as from 22:00 to 06:00. */
export function isWithin({ from, to }: Hours, atMs: number): boolean {
  const time = timeOfDay(atMs);
  return from < to ? from <= time && time < to : from <= time || time < to;
}

/** The day of a moment, such as `2026-11-30`. */
export function dayOf(atMs: number): string {
  const date = new Date(atMs);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/** Milliseconds from a moment until the device's clock shows a time of day again; above 0. */
export function untilTime(time: string, atMs: number): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const next = new Date(atMs);
  next.setHours(hours, minutes, 0, 0);
  if (next.getTime() <= atMs) next.setDate(next.getDate() + 1);
  // Where clocks are put forward, that time may not be shown on the day.
  return Math.max(1, next.getTime() - atMs);
}

/** As times of day are written, so that they can be compared: `06:05`. */
function timeOfDay(atMs: number): string {
  const date = new Date(atMs);
  return [date.getHours(), date.getMinutes()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
