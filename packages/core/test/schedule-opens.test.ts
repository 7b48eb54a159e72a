import { parseTask, type TaskDefinition } from "@tributary/protocol";
import { expect, it } from "vitest";
import { checkScheduleOpens } from "../src/index.ts";

const NOW_MS = Date.UTC(2026, 11, 1, 12);

function scheduleOf(schedule: object): TaskDefinition["schedule"] {
  const model = { builtin: "logistic-regression" };
  return parseTask({ population: "test", name: "test", model, schedule }).schedule;
}

it.each<[string, object, RegExp]>([
  ["has ended", { endAt: "2026-12-01T11:59:59Z" }, /endAt, 2026-12-01T11:59:59Z, is in the past/],
  ["ends now", { endAt: "2026-12-01T12:00:00Z" }, /is in the past/],
  [
    "ends before its window opens",
    { endAt: "2026-12-01T14:00:00Z", dailyWindow: { from: "15:00", to: "16:00" } },
    /dailyWindow does not open before schedule.endAt/,
  ],
])("A new task whose schedule %s is refused", (_what, schedule, message) => {
  expect(() => checkScheduleOpens(scheduleOf(schedule), NOW_MS)).toThrow(message);
});

it("A new task may begin later, and may have no end", () => {
  for (const schedule of [
    {},
    { startAt: "2027-01-01T00:00:00Z" },
    { endAt: "2026-12-02T00:00:00Z", dailyWindow: { from: "15:00", to: "16:00" } },
  ]) {
    checkScheduleOpens(scheduleOf(schedule), NOW_MS);
  }
});
