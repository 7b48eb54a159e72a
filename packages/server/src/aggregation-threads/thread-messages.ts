import type { ErrorCode } from "@tributary/protocol";
import type { PartialSum, AdderSpec } from "@tributary/core";

/** What a thread that adds is asked. Requests of one adder are handled in the order in which they come. */
export type ThreadRequest =
  | { readonly type: "open"; readonly adder: number; readonly spec: AdderSpec }
  | {
      readonly type: "add";
      readonly adder: number;
      readonly job: number;
      /** In shared memory, where it is not copied. */
      readonly payload: Uint8Array;
      readonly exampleCount: number;
    }
  | { readonly type: "partial" | "combine"; readonly adder: number; readonly job: number }
  | {
      readonly type: "merge";
      readonly adder: number;
      readonly job: number;
      readonly partial: PartialSum;
    }
  | { readonly type: "discard"; readonly adder: number };

/** One answer for each request that has a `job`. */
export type ThreadAnswer = { readonly job: number } & (
  | { readonly type: "done" }
  | { readonly type: "partial"; readonly partial: PartialSum }
  | {
      readonly type: "combined";
      /** Float64, weight units. */
      readonly sums: Float64Array;
      readonly weight: number;
    }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string }
);
