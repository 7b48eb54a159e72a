import { LONGEST_DELAY_MS } from "@tributary/protocol";
import { ManualClock } from "@tributary/protocol/testing";
import { expect, it } from "vitest";
import { sleep } from "../src/runtime/sleep.ts";

/** Sleeps, and notes when the sleep has ended. */
function sleeper(
  clock: ManualClock,
  ms: number,
  signal?: AbortSignal,
): { readonly done: Promise<void>; readonly endedMs: () => number | undefined } {
  let endedMs: number | undefined;
  const done = sleep(clock, ms, signal).then(() => void (endedMs = clock.elapsedMs()));
  return { done, endedMs: () => endedMs };
}

/** Lets the promises that are settled already call what waits for them. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("sleeps until its time has passed", async () => {
  const clock = new ManualClock();
  const { done, endedMs } = sleeper(clock, 10);
  clock.advance(9);
  await settle();
  expect(endedMs()).toBeUndefined();
  clock.advance(1);
  await done;
  expect(clock.pendingCount).toBe(0);
});

it.each([0, -5])("sleeps for no time at all when it is asked for %s ms", async (ms) => {
  const clock = new ManualClock();
  const { done } = sleeper(clock, ms);
  expect(clock.pendingDelaysMs).toEqual([0]);
  clock.advance(0);
  await done;
});

it("makes a long sleep of several delays that a clock can take", async () => {
  const clock = new ManualClock();
  const { done, endedMs } = sleeper(clock, 2 * LONGEST_DELAY_MS + 3);
  for (const delayMs of [LONGEST_DELAY_MS, LONGEST_DELAY_MS]) {
    expect(clock.pendingDelaysMs).toEqual([delayMs]);
    clock.advance(delayMs);
  }
  await settle();
  expect(endedMs()).toBeUndefined();
  expect(clock.pendingDelaysMs).toEqual([3]);
  clock.advance(3);
  await done;
  expect(clock.pendingCount).toBe(0);
});

it("ends at once when it is aborted, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const { done } = sleeper(clock, 2 ** 40, controller.signal);
  // In its second delay, so that the timer of the first is not the one that is cancelled.
  clock.advance(LONGEST_DELAY_MS);
  expect(clock.pendingCount).toBe(1);
  controller.abort();
  expect(clock.pendingCount).toBe(0);
  await expect(done).rejects.toMatchObject({ code: "ABORTED" });
});

it("does not begin when the signal is aborted already", async () => {
  const clock = new ManualClock();
  const { done } = sleeper(clock, 10, AbortSignal.abort());
  expect(clock.pendingCount).toBe(0);
  await expect(done).rejects.toMatchObject({ code: "ABORTED" });
});
