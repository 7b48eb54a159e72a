// Functions over sequences: see `kernel-functions.ts` for what holds of all of them.

/** Sequences. */
export interface RecurrentKernels {
  /**
   * One moment of an LSTM: z = [input, forget, candidate, output] in place, c and h of [rows, units] at steps of
   * `stateRow`. `before` is c of the moment before, 0 for zeros. `hard`: 1 for hard sigmoid gates.
   */
  lstmForward(
    z: number,
    zRow: number,
    before: number,
    c: number,
    h: number,
    stateRow: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** dz over z; dc, [rows, units], becomes that of the moment before. */
  lstmBackward(
    z: number,
    zRow: number,
    before: number,
    c: number,
    stateRow: number,
    dh: number,
    dc: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** One moment of a GRU: update and reset of z = [update, reset, candidate] in place, and reset · before to `kept`. */
  gruGates(
    z: number,
    zRow: number,
    before: number,
    stateRow: number,
    kept: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** Then the candidate in place, and h = update · before + (1 − update) · candidate. */
  gruForward(
    z: number,
    zRow: number,
    before: number,
    h: number,
    stateRow: number,
    rows: number,
    units: number,
  ): void;
  /** dz of update and candidate over theirs; dh becomes dh · update. */
  gruBackward(
    z: number,
    zRow: number,
    before: number,
    stateRow: number,
    dh: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** dz of the reset over its own; dh += reset · dKept. */
  gruResetBackward(
    z: number,
    zRow: number,
    before: number,
    stateRow: number,
    dKept: number,
    dh: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  /** to[row] = table[indices[row]]. */
  embed(indices: number, table: number, to: number, rows: number, width: number): void;
  /** table [entries, width] = sums of dy by index, row by row. */
  embedGradient(
    indices: number,
    dy: number,
    table: number,
    rows: number,
    width: number,
    entries: number,
  ): void;
}
