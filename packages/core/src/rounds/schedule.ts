import { instantMs, type TaskDefinition } from "@tributary/protocol";

export type Schedule = TaskDefinition["schedule"];

const DAY_MS = 86_400_000;

/**
 * When the next round may begin.
 * @param lastEndMs - When the last one ended; `undefined` before the first.
 * @returns `nowMs` for at once; `undefined` for never again.
 */
export function opensAtMs(
  schedule: Schedule,
  nowMs: number,
  lastEndMs?: number,
): number | undefined {
  const { startAt, endAt, dailyWindow, minimumIntervalMs } = schedule;
  const earliest = Math.max(
    nowMs,
    startAt === null ? nowMs : instantMs(startAt),
    // Where a clock has been set back since, a task without an interval does not wait for it to catch up.
    lastEndMs === undefined ? nowMs : Math.min(lastEndMs, nowMs) + minimumIntervalMs,
  );
  const opens = dailyWindow === null ? earliest : windowAt(dailyWindow, earliest).opensAtMs;
  return endAt !== null && opens >= instantMs(endAt) ? undefined : opens;
}

/** Until when a round that may begin at `nowMs` may do so; infinite when nothing ends it. */
export function closesAtMs({ endAt, dailyWindow }: Schedule, nowMs: number): number {
  return Math.min(
    endAt === null ? Infinity : instantMs(endAt),
    dailyWindow === null ? Infinity : windowAt(dailyWindow, nowMs).closesAtMs,
  );
}

/** The window that `atMs` is in, cut off at its front, or the next one. */
function windowAt(
  { from, to }: NonNullable<Schedule["dailyWindow"]>,
  atMs: number,
): { readonly opensAtMs: number; readonly closesAtMs: number } {
  const start = timeOfDayMs(from);
  const length = (timeOfDayMs(to) - start + DAY_MS) % DAY_MS;
  const sinceStart = (((atMs - start) % DAY_MS) + DAY_MS) % DAY_MS;
  const opened = atMs - sinceStart;
  return sinceStart < length
    ? { opensAtMs: atMs, closesAtMs: opened + length }
    : { opensAtMs: opened + DAY_MS, closesAtMs: opened + DAY_MS + length };
}

/** Milliseconds from midnight UTC; every day of the Unix epoch is as long as any other. */
function timeOfDayMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return (hours * 60 + minutes) * 60_000;
}
