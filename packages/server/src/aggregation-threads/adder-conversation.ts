import type { AdderSpec, PartialSum } from "@tributary/core";

/**
 * What a thread that adds is asked. It works for several rounds at a time, each of which has an
 * adder with a number of its own. Requests are handled in the order in which they come.
 */
export interface AdderConversation {
  /** Begins a round. */
  readonly open: {
    readonly request: { readonly adder: number; readonly spec: AdderSpec };
    readonly answer: void;
  };
  /** Checks an update and adds it whole, or not at all. */
  readonly add: {
    readonly request: {
      readonly adder: number;
      /** In shared memory, where it is not copied. */
      readonly payload: Uint8Array;
      readonly exampleCount: number;
    };
    readonly answer: void;
  };
  /** What the thread has added up for the round. */
  readonly partial: {
    readonly request: { readonly adder: number };
    readonly answer: PartialSum;
  };
  /** Adds what another thread has added up for the round. */
  readonly merge: {
    readonly request: { readonly adder: number; readonly partial: PartialSum };
    readonly answer: void;
  };
  /** Combines the updates by the plan's rule. */
  readonly combine: {
    readonly request: { readonly adder: number };
    readonly answer: {
      /** Float64, shape [dimension], weight units. */
      readonly sums: Float64Array<ArrayBuffer>;
      readonly weight: number;
    };
  };
  /** Forgets the round. */
  readonly discard: {
    readonly request: { readonly adder: number };
    readonly answer: void;
  };
}

/** The memory of a partial sum, which moves from thread to thread with it. */
export function memoryOf({ low, high }: PartialSum): ArrayBuffer[] {
  const parts = high === undefined ? [low] : [low, high];
  return parts.map(({ buffer }) => buffer as ArrayBuffer);
}
