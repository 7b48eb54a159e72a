import { TributaryError, instantMs, type TaskDefinition } from "@tributary/protocol";

/** When the rounds of a task may begin, as its task file says. */
export type Schedule = TaskDefinition["schedule"];

const DAY_MS = 86_400_000;

/**
 * Returns the earliest time at which the next round of a task may begin. All times are milliseconds
 * since the Unix epoch.
 * @param lastEndMs - When the last round with a cohort ended; undefined before the first one.
 * @returns `nowMs` if a round may begin at once, a later time if it must wait, and undefined if the
 *   schedule allows no further round.
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
    // If the clock has been set back since the last round, that round seems to end in the future.
    // The interval then counts from now, so that the task does not wait for the clock to catch up.
    lastEndMs === undefined ? nowMs : Math.min(lastEndMs, nowMs) + minimumIntervalMs,
  );
  const opens = dailyWindow === null ? earliest : windowAt(dailyWindow, earliest).opensAtMs;
  return endAt !== null && opens >= instantMs(endAt) ? undefined : opens;
}

/**
 * Requires of a new task that its schedule lets at least one round begin.
 * @throws TributaryError `TASK_INVALID` when the schedule has ended, or when its daily window never
 *   opens between its start and its end.
 */
export function checkScheduleOpens(schedule: Schedule, nowMs: number): void {
  if (opensAtMs(schedule, nowMs) !== undefined) return;
  const { endAt } = schedule;
  const isOver = endAt !== null && instantMs(endAt) <= nowMs;
  throw new TributaryError(
    "TASK_INVALID",
    isOver
      ? `The task's schedule.endAt, ${endAt}, is in the past`
      : "The task's schedule.dailyWindow does not open before schedule.endAt",
    { remedy: "Choose a later endAt, or leave it out.", context: { path: "schedule.endAt" } },
  );
}

/**
 * Returns until when a round may begin, for a schedule that allows a round at `nowMs`.
 * @returns Milliseconds since the Unix epoch; Infinity if the schedule has no end and no window.
 */
export function closesAtMs({ endAt, dailyWindow }: Schedule, nowMs: number): number {
  return Math.min(
    endAt === null ? Infinity : instantMs(endAt),
    dailyWindow === null ? Infinity : windowAt(dailyWindow, nowMs).closesAtMs,
  );
}

/**
 * Returns the daily window that is open at `atMs`, or the next one. A window that is open already
 * is returned as if it had opened at `atMs`. A window may span midnight, as from 22:00 to 06:00.
 */
function windowAt(
  { from, to }: NonNullable<Schedule["dailyWindow"]>,
  atMs: number,
): { readonly opensAtMs: number; readonly closesAtMs: number } {
  const start = timeOfDayMs(from);
  const length = (timeOfDayMs(to) - start + DAY_MS) % DAY_MS;
  // The outer remainder is never negative, also for a clock that is before the Unix epoch.
  const sinceStart = (((atMs - start) % DAY_MS) + DAY_MS) % DAY_MS;
  const opened = atMs - sinceStart;
  return sinceStart < length
    ? { opensAtMs: atMs, closesAtMs: opened + length }
    : { opensAtMs: opened + DAY_MS, closesAtMs: opened + DAY_MS + length };
}

/**
 * Milliseconds from midnight UTC to a time such as "22:30". Unix time has no leap seconds, so that
 * every day is equally long.
 */
function timeOfDayMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return (hours * 60 + minutes) * 60_000;
}
