import { expect, it } from "vitest";

import { UploadTurns, type UploadTurn } from "../src/coordinator/round/upload-turns.ts";
import { ManualClock } from "@tributary/protocol/testing";

function turnsOf(count: number): { readonly turns: UploadTurns; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { turns: new UploadTurns({ clock, turns: count, timeoutMs: 1_000 }), clock };
}

const ignore = (): void => {};

/** A turn that is granted at once. */
function turn(turns: UploadTurns, byteLength: number, onTimeout: () => void = ignore): UploadTurn {
  return turns.request(byteLength, ignore, onTimeout);
}

it("turns have their buffers in shared memory, and use it again from round to round", () => {
  const { turns } = turnsOf(2);
  const first = turn(turns, 100);
  const memory = first.buffer?.buffer;
  expect(memory).toBeInstanceOf(SharedArrayBuffer);
  first.release();
  const next = turn(turns, 100);
  expect(next.buffer?.buffer === memory).toBe(true);
  next.release();
  // A payload of about that length, as entropy coding makes them.
  for (const byteLength of [112, 60]) {
    const other = turn(turns, byteLength);
    expect(other.buffer?.length).toBe(byteLength);
    expect(other.buffer?.buffer === memory).toBe(true);
    other.release();
  }
});

it.each([49, 120])("turns keep no memory of another size: %i bytes after 100", (byteLength) => {
  const { turns } = turnsOf(2);
  const first = turn(turns, 100);
  const memory = first.buffer?.buffer;
  first.release();
  turn(turns, byteLength).release();
  expect(turn(turns, 100).buffer?.buffer === memory).toBe(false);
});

it("turns keep no more than 64 MiB", () => {
  const large = turnsOf(2).turns;
  const two = [turn(large, 33_554_433), turn(large, 33_554_433)];
  const memories = two.map((ticket) => ticket.buffer?.buffer);
  for (const ticket of two) ticket.release();
  expect(memories.includes(turn(large, 33_554_433).buffer?.buffer)).toBe(false);
});

it("a turn runs out of time while it is uploaded, and not once all is there", () => {
  const { turns, clock } = turnsOf(2);
  const told: string[] = [];
  const slow = turn(turns, 10, () => told.push("slow"));
  const whole = turn(turns, 10, () => told.push("whole"));
  whole.complete();
  clock.advance(1_000);
  expect(told).toEqual(["slow"]);
  expect([slow.buffer, whole.buffer?.length]).toEqual([undefined, 10]);
});
