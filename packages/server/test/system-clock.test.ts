import { clockCases } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import { systemClock } from "../src/runtime/system-clock.ts";

describe("the server's system clock", () => {
  const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  for (const { name, run } of clockCases(() => ({ clock: systemClock, pass }))) it(name, run);

  it("does not keep the process alive for a call that is pending", () => {
    const before = process.getActiveResourcesInfo();
    const cancel = systemClock.schedule(60_000, () => {});
    expect(process.getActiveResourcesInfo()).toEqual(before);
    cancel();
  });
});
