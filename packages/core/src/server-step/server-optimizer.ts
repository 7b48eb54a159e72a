import type { ServerOptimizerSpec } from "@tributary/protocol";

/** What a task says to name one server optimizer. */
export type SpecOf<Name extends ServerOptimizerSpec["name"]> = Extract<
  ServerOptimizerSpec,
  { readonly name: Name }
>;

/** So many trained parameters in a row, which an optimizer moves in place. */
export interface Stretch<Vector extends string = string> {
  /** The parameters; replaced by those after the step. */
  readonly parameters: Float32Array;
  /** The sums of the combined update: Σ n_k Δ_k for each parameter; not modified. */
  readonly sums: Float64Array;
  /** What to divide the sums by: Σ n_k; ≥ 1. */
  readonly weight: number;
  /** What the optimizer remembers of these parameters; replaced by what it is to remember. */
  readonly memory: Readonly<Record<Vector, Float32Array>>;
}

/**
 * The server optimizer of a task, as a pure function of one stretch of parameters. It treats every
 * parameter alike and by itself. All arithmetic is in float64, in the order in which the code says
 * it, with the operations +, −, ×, ÷ and √ of IEEE 754. Each result is rounded to float32 once,
 * when it is stored. So the bits of a checkpoint can be computed again anywhere.
 *
 * A new optimizer is one file, with a line in `server-optimizers.ts` and its definition in
 * packages/protocol.
 * @typeParam Vector - The names of the vectors that it remembers.
 */
export interface ServerOptimizer<Vector extends string = string> {
  /**
   * Every vector that it remembers from one round to the next, with the value that all of it begins
   * with. A vector has one value for each trained parameter.
   */
  readonly remembers: Readonly<Record<Vector, number>>;
  /** Moves one stretch. */
  move(stretch: Stretch<Vector>): void;
}

/**
 * What an optimizer remembers of a model, float32: its vectors one after the other, in the order of
 * `remembers`, each with one value for each trained parameter in the order of the update.
 */
export type OptimizerMemory = Float32Array;
