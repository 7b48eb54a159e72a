import { describe, expect, it } from "vitest";
import { LONGEST_DELAY_MS } from "../src/clock.ts";
import { ManualClock, clockCases } from "../src/testing/index.ts";

describe("the manual clock conforms to the port: it", () => {
  const open = (): ReturnType<Parameters<typeof clockCases>[0]> => {
    const clock = new ManualClock(1_700_000_000_000);
    return { clock, pass: (ms) => clock.advance(ms) };
  };
  for (const { name, run } of clockCases(open)) it(name, run);
});

describe("the manual clock", () => {
  it("moves the time of day and the elapsed time together, and only when it is advanced", () => {
    const clock = new ManualClock(1_000);
    expect([clock.now(), clock.elapsedMs()]).toEqual([1_000, 0]);
    clock.advance(7);
    expect([clock.now(), clock.elapsedMs()]).toEqual([1_007, 7]);
  });

  it("makes each call at its own time, and those that it schedules on the way", () => {
    const clock = new ManualClock();
    const callsMs: number[] = [];
    const call = (): void => void callsMs.push(clock.elapsedMs());
    clock.schedule(5, call);
    clock.schedule(2, () => {
      call();
      clock.schedule(1, call);
      clock.schedule(100, call);
    });
    clock.advance(10);
    expect(callsMs).toEqual([2, 3, 5]);
    expect(clock.pendingDelaysMs).toEqual([92]);
  });

  it("knows which calls are pending, and for how long", () => {
    const clock = new ManualClock();
    const cancel = clock.schedule(9, () => {});
    clock.schedule(4, () => {});
    clock.schedule(2 ** 40, () => {});
    clock.advance(1);
    expect(clock.pendingDelaysMs).toEqual([3, 8, LONGEST_DELAY_MS - 1]);
    cancel();
    expect(clock.pendingCount).toBe(2);
  });

  it("tells when a call with a certain delay is pending", async () => {
    const clock = new ManualClock();
    let isPending = false;
    const pending = clock.untilPending(5).then(() => (isPending = true));
    clock.schedule(6, () => {});
    await Promise.resolve();
    await Promise.resolve();
    expect(isPending).toBe(false);
    clock.schedule(5, () => {});
    await pending;
    await clock.untilPending(6);
  });

  it("gives up on callbacks that schedule themselves again without a delay", () => {
    const clock = new ManualClock();
    const again = (): void => void clock.schedule(0, again);
    again();
    expect(() => clock.advance(1)).toThrow("never end");
  });
});
