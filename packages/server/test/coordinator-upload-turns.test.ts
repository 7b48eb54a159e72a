import { expect, it } from "vitest";

import { UploadTurns, type UploadTurn } from "../src/coordinator/round/upload-turns.ts";
import { ManualClock } from "@tributary/protocol/testing";

function turnsOf(count: number): { readonly turns: UploadTurns; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { turns: new UploadTurns({ clock, turns: count, timeoutMs: 1_000 }), clock };
}

const ignore = (): void => {};

/** Takes an upload turn that is free. */
function turn(turns: UploadTurns, byteLength: number, onTimeout: () => void = ignore): UploadTurn {
  return turns.request(byteLength, ignore, onTimeout);
}

it("upload turns have their buffers in shared memory, and use it again from round to round", () => {
  const { turns } = turnsOf(2);
  const first = turn(turns, 100);
  const memory = first.buffer?.buffer;
  expect(memory).toBeInstanceOf(SharedArrayBuffer);
  first.release();
  const next = turn(turns, 100);
  expect(next.buffer?.buffer === memory).toBe(true);
  next.release();
  // Entropy coding makes payloads of about the same length.
  for (const byteLength of [112, 60]) {
    const other = turn(turns, byteLength);
    expect(other.buffer?.length).toBe(byteLength);
    expect(other.buffer?.buffer === memory).toBe(true);
    other.release();
  }
});

it.each([49, 120])(
  "upload turns drop memory of 100 bytes when the next payload has %i bytes",
  (byteLength) => {
    const { turns } = turnsOf(2);
    const first = turn(turns, 100);
    const memory = first.buffer?.buffer;
    first.release();
    turn(turns, byteLength).release();
    expect(turn(turns, 100).buffer?.buffer === memory).toBe(false);
  },
);

it("upload turns keep at most 64 MiB of free memory", () => {
  const large = turnsOf(2).turns;
  const two = [turn(large, 33_554_433), turn(large, 33_554_433)];
  const memories = two.map((turn) => turn.buffer?.buffer);
  for (const turn of two) turn.release();
  expect(memories.includes(turn(large, 33_554_433).buffer?.buffer)).toBe(false);
});

it("an upload turn times out while the report is uploaded, but not once it is complete", () => {
  const { turns, clock } = turnsOf(2);
  const told: string[] = [];
  const slow = turn(turns, 10, () => told.push("slow"));
  const whole = turn(turns, 10, () => told.push("whole"));
  whole.complete();
  clock.advance(1_000);
  expect(told).toEqual(["slow"]);
  expect([slow.buffer, whole.buffer?.length]).toEqual([undefined, 10]);
});
