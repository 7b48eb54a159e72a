import { expect, it } from "vitest";

import { DEFAULT_LIMITS } from "@tributary/protocol";
import {
  UploadTurns,
  type TurnRequest,
  type UploadTurn,
} from "../src/coordinator/round/upload-turns.ts";
import { ManualClock } from "@tributary/protocol/testing";

function turnsOf(count: number): { readonly turns: UploadTurns; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const limits = { ...DEFAULT_LIMITS, maxConcurrentReports: count };
  return { turns: new UploadTurns({ clock, limits }), clock };
}

const REQUEST = { task: "task", site: "site", onGrant() {}, onLost() {} };

/** Asks for an upload turn. */
function turn(
  turns: UploadTurns,
  byteLength: number,
  changes: Partial<TurnRequest> = {},
): UploadTurn {
  return turns.request({ ...REQUEST, byteLength, ...changes });
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

it.each([49, 121])(
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
  const slow = turn(turns, 10, { onLost: ({ code }) => told.push(`slow ${code}`) });
  const whole = turn(turns, 10, { onLost: () => told.push("whole") });
  whole.complete();
  clock.advance(60_000);
  expect(told).toEqual(["slow TIMED_OUT"]);
  expect([slow.buffer, whole.buffer?.length]).toEqual([undefined, 10]);
});

it("the time for an upload grows with its size", () => {
  const { turns, clock } = turnsOf(1);
  let isLost = false;
  // So large an update takes 99 seconds at the lowest rate, and 3 seconds to begin.
  turn(turns, 99 * 65_536, { onLost: () => (isLost = true) });
  clock.advance(101_999);
  expect(isLost).toBe(false);
  clock.advance(1);
  expect(isLost).toBe(true);
});

it("an upload below the lowest rate gives way to a client that waits, and not before one does", () => {
  const { turns, clock } = turnsOf(2);
  const lost: string[] = [];
  const upload = (name: string): UploadTurn =>
    turn(turns, 1_000_000, { site: name, onLost: () => lost.push(name) });
  const [slow, fast] = [upload("slow"), upload("fast")];
  for (let second = 0; second < 4; second++) {
    clock.advance(1_000);
    slow.received(1_000);
    fast.received(131_072);
  }
  expect(lost).toEqual([]);
  const waiting = upload("waiting");
  expect(lost).toEqual(["slow"]);
  expect(waiting.buffer?.length).toBe(1_000_000);
  const next = upload("next");
  clock.advance(2_999);
  expect(next.buffer).toBeUndefined();
  clock.advance(1);
  // The one that began last has sent nothing in 3 seconds.
  expect(lost).toEqual(["slow", "waiting"]);
  expect(next.buffer?.length).toBe(1_000_000);
  for (const each of [fast, next]) each.release();
  expect(clock.pendingCount).toBe(0);
});

it("a hundred slow clients of one task do not keep another task from its turns", () => {
  const { turns, clock } = turnsOf(16);
  let slowTurns = 0;
  for (let client = 0; client < 100; client++) {
    const site = `attacker ${client % 20}`;
    const onGrant = (): void => void (slowTurns += 1);
    turns.request({ ...REQUEST, task: "open", site, byteLength: 1_000_000, onGrant });
  }
  expect(slowTurns).toBe(14);
  // The other task has a turn at once, again and again, although nobody gives one back.
  for (let report = 0; report < 50; report++) {
    const other = turn(turns, 1_000, { task: "devices", site: `device ${report}` });
    expect(other.buffer?.length).toBe(1_000);
    other.complete();
    other.release();
  }
  // And a whole cohort has turns at a time, as soon as the slow ones have shown how slow they are.
  const cohort = Array.from({ length: 10 }, (_, device) =>
    turn(turns, 1_000, {
      task: "devices",
      site: `device ${device}`,
      onGrant: (granted) => granted.complete(),
    }),
  );
  clock.advance(6_000);
  for (const each of cohort) expect(each.buffer?.length).toBe(1_000);
});
