import type { Address } from "@tributary/protocol";

/** The scores of an attention, one row for each moment of each head. */
export interface AttentionScores {
  /** [rows, columns]: the scores, in whose place their weights come. */
  readonly x: Address;
  readonly rows: number;
  /** How many moments can be attended to. */
  readonly columns: number;
  /** What the scores are multiplied by first. */
  readonly scale: number;
  /** After how many rows the moments begin again. */
  readonly moments: number;
  /** Whether a moment attends to itself and to earlier ones only. */
  readonly causal: boolean;
}

/** Kernels of attention: `KernelFunctions` says what holds for all kernels. */
export interface AttentionKernels {
  /**
   * Writes the softmax of scale · x over each row. With a causal mask, row i of a head has i + 1
   * weights, and zeros behind them.
   */
  attend(scores: AttentionScores): void;
}
