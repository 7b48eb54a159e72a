import { clockCases } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import { systemClock } from "../src/runtime/system-clock.ts";

describe("the client's system clock", () => {
  const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  for (const { name, run } of clockCases(() => ({ clock: systemClock, pass }))) it(name, run);

  it("keeps the process alive for a call that is pending, until it is cancelled", () => {
    const before = process.getActiveResourcesInfo();
    const cancel = systemClock.schedule(60_000, () => {});
    expect(process.getActiveResourcesInfo()).toEqual([...before, "Timeout"]);
    cancel();
    expect(process.getActiveResourcesInfo()).toEqual(before);
  });
});
