// Kernels over sequences: `KernelFunctions` says what holds for all kernels. A moment is one
// element of a sequence.
import type { Address } from "@tributary/protocol";
import type { Matrix } from "./matrix.ts";

/**
 * The activations of cells: of the gates, and of what a cell gives. A hard sigmoid is 0.2 x + 0.5,
 * limited to the range from 0 to 1. The derivative of each is computed from its value.
 */
export const CELL_ACTIVATIONS = ["tanh", "sigmoid", "hardSigmoid", "relu", "linear"] as const;

/** The name of an activation of cells. */
export type CellActivation = (typeof CELL_ACTIVATIONS)[number];

/** What the cells of recurrent layers have in common. All matrices have a row for each example. */
export interface RecurrentMoment {
  /**
   * The gates of this moment, [rows, gates · units]; backwards, their gradient takes their place.
   */
  readonly z: Matrix;
  /**
   * The state before this moment, [rows, units], or `ZEROS`. Its rows are as far apart as those of
   * h.
   */
  readonly before: Matrix;
  /** The output of this moment, [rows, units]. */
  readonly h: Matrix;
  /** The gradient of h, [rows, units], rows side by side. */
  readonly dh: Address;
  readonly units: number;
  /** The activation of the candidate and of the output; a cell without gates has no other. */
  readonly activation: CellActivation;
  /** The activation of the gates. */
  readonly gateActivation: CellActivation;
}

/** One moment of an LSTM. Its gates are, in this order: input, forget, candidate, output. */
export interface LstmMoment extends RecurrentMoment {
  /**
   * The cell state of this moment; `before` is that of the moment before. Rows as far apart as in
   * h.
   */
  readonly c: Matrix;
  /** The gradient of c, [rows, units], rows side by side. */
  readonly dc: Address;
}

/** One moment of a GRU. Its gates are, in this order: update, reset, candidate. */
export interface GruMoment extends RecurrentMoment {
  /** reset · before, [rows, units], rows side by side. */
  readonly kept: Address;
  /** The gradient of `kept`. */
  readonly dKept: Address;
}

/** What lies between the multiplications of recurrent layers, and embeddings. */
export interface RecurrentKernels {
  /**
   * Computes the gates in place, c = forget · before + input · candidate, and h = output times the
   * activation of c.
   */
  lstmForward(moment: LstmMoment, rows: number): void;
  /** Writes dz over z, and the gradient of the cell state before over dc. */
  lstmBackward(moment: LstmMoment, rows: number): void;
  /** Computes the gates update and reset in place, and `kept`. */
  gruGates(moment: GruMoment, rows: number): void;
  /** Computes the candidate in place, and h = update · before + (1 − update) · candidate. */
  gruForward(moment: GruMoment, rows: number): void;
  /** Writes dz of update and candidate over them, and dh · update over dh. */
  gruBackward(moment: GruMoment, rows: number): void;
  /** Writes dz of the reset over it, and adds reset · dKept to dh. */
  gruResetBackward(moment: GruMoment, rows: number): void;
  /** Computes h as the activation of z, the sum of a cell without gates. */
  simpleForward(moment: RecurrentMoment, rows: number): void;
  /** Writes dz over z. */
  simpleBackward(moment: RecurrentMoment, rows: number): void;
  /**
   * Copies a row of the table for every index.
   * @param indices - [rows], whole numbers as float32.
   * @param table - [entries, width].
   * @param to - [rows, width].
   */
  embed(indices: Address, table: Address, to: Address, rows: number, width: number): void;
  /** Writes the gradient of the table: for each entry, the sum of the rows of dy with its index. */
  embedGradient(
    indices: Address,
    dy: Address,
    table: Address,
    rows: number,
    width: number,
    entries: number,
  ): void;
}
