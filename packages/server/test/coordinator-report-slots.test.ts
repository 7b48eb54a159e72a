import { expect, it } from "vitest";

import { ReportSlots, type ReportTicket } from "../src/coordinator/report-slots.ts";
import { ManualClock } from "../src/testing/manual-clock.ts";

function slotsOf(slots: number): { readonly slots: ReportSlots; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { slots: new ReportSlots({ clock, slots, uploadTimeoutMs: 1_000 }), clock };
}

const ignore = (): void => {};

/** A turn that is granted at once. */
function turn(
  slots: ReportSlots,
  byteLength: number,
  onTimeout: () => void = ignore,
): ReportTicket {
  return slots.request(byteLength, ignore, onTimeout);
}

it("turns have their buffers in shared memory, and use them again from round to round", () => {
  const { slots } = slotsOf(2);
  const first = turn(slots, 100);
  const { buffer } = first;
  expect(buffer?.buffer).toBeInstanceOf(SharedArrayBuffer);
  first.release();
  expect(turn(slots, 100).buffer === buffer).toBe(true);
});

it("turns keep no buffers of another size, and no more than 64 MiB of them", () => {
  const { slots } = slotsOf(2);
  const small = turn(slots, 100);
  const { buffer } = small;
  small.release();
  turn(slots, 101).release();
  expect(turn(slots, 100).buffer === buffer).toBe(false);
  const large = slotsOf(2).slots;
  const two = [turn(large, 33_554_433), turn(large, 33_554_433)];
  const buffers = two.map((ticket) => ticket.buffer);
  for (const ticket of two) ticket.release();
  expect(buffers.includes(turn(large, 33_554_433).buffer)).toBe(false);
});

it("a turn runs out of time while it is uploaded, and not once all is there", () => {
  const { slots, clock } = slotsOf(2);
  const told: string[] = [];
  const slow = turn(slots, 10, () => told.push("slow"));
  const whole = turn(slots, 10, () => told.push("whole"));
  whole.complete();
  clock.advance(1_000);
  expect(told).toEqual(["slow"]);
  expect([slow.buffer, whole.buffer?.length]).toEqual([undefined, 10]);
});
