// Comparing large arrays. Vitest's `toEqual` walks an array value by value with a general
// comparison that takes seconds for a million values; these compare memory, which takes
// milliseconds.
import { expect } from "vitest";

/** Whether two arrays have the same bits: zeros of different sign differ, and NaN equals itself. */
export function sameValues(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return memoryOf(a).equals(memoryOf(b));
}

/**
 * Fails the test unless two arrays have the same bits. The failure names the lengths, or the first
 * index whose values differ.
 */
export function expectSameValues<Values extends Float32Array | Uint8Array | Uint32Array>(
  actual: Values,
  expected: Values,
): void {
  if (sameValues(actual, expected)) return;
  expect(actual.length, "number of values").toBe(expected.length);
  const index = actual.findIndex((value, i) => !Object.is(value, expected[i]));
  expect.fail(`Value ${index} is ${actual[index]} and not ${expected[index]}`);
}

function memoryOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
