import { clockCases } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import { systemClock } from "../src/runtime/system-clock.ts";

/** The number of timers that keep the process alive. */
const timerCount = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("the server's system clock", () => {
  const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  for (const { name, run } of clockCases(() => ({ clock: systemClock, pass }))) it(name, run);

  it("does not keep the process alive for a call that is pending", () => {
    const before = timerCount();
    const cancel = systemClock.schedule(60_000, () => {});
    expect(timerCount()).toBe(before);
    cancel();
  });
});
