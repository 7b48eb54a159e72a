// What lies between the multiplications of recurrent layers, and embeddings. A row is an example at
// one moment of its sequence; rows may lie apart. Kernels compute four units at a time and store no
// more of them than there are.
import { bytes } from "./address";
import { sigmoid4, tanh4 } from "./math";
import { storeSome } from "./register-tiles";

// The activations, in the order of `CELL_ACTIVATIONS` in ../../sequence-kernels.ts.
const TANH: i32 = 0,
  SIGMOID: i32 = 1,
  HARD_SIGMOID: i32 = 2,
  RELU: i32 = 3;

/** Computes an activation. */
function bend4(x: v128, kind: i32): v128 {
  if (kind == SIGMOID) return sigmoid4(x);
  if (kind == TANH) return tanh4(x);
  if (kind == RELU) return f32x4.max(x, f32x4.splat(0));
  if (kind != HARD_SIGMOID) return x;
  // As in Keras: 0.2 x + 0.5, limited to the range from 0 to 1.
  const line = f32x4.add(f32x4.mul(x, f32x4.splat(0.2)), f32x4.splat(0.5));
  return f32x4.min(f32x4.max(line, f32x4.splat(0)), f32x4.splat(1));
}

/** The slope of an activation, from its value. */
function slope4(y: v128, kind: i32): v128 {
  const one = f32x4.splat(1),
    zero = f32x4.splat(0);
  if (kind == SIGMOID) return f32x4.mul(y, f32x4.sub(one, y));
  if (kind == TANH) return f32x4.sub(one, f32x4.mul(y, y));
  if (kind == RELU) return v128.and(one, f32x4.gt(y, zero));
  if (kind != HARD_SIGMOID) return one;
  // A hard sigmoid has the slope 0.2 between its bounds, and 0 outside.
  return v128.and(f32x4.splat(0.2), v128.and(f32x4.gt(y, zero), f32x4.lt(y, one)));
}

/**
 * Computes the gates z = [input, forget, candidate, output] in place, then c = forget · before +
 * input · candidate and h = output times the activation of c.
 * @param before - The cell state before this moment. 0 stands for zeros.
 */
export function lstmForward(
  z: usize,
  zRow: i32,
  before: usize,
  c: usize,
  h: usize,
  stateRow: i32,
  rows: i32,
  units: i32,
  bend: i32,
  gate: i32,
): void {
  // The distance between the gates of a unit.
  const block = bytes(units);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      // How many units are left. The vectors of the last ones may reach into what follows.
      const left = units - i,
        p = z + bytes(row * zRow + i),
        state = bytes(row * stateRow + i);
      const input = bend4(v128.load(p), gate),
        forget = bend4(v128.load(p + block), gate);
      const candidate = bend4(v128.load(p + 2 * block), bend),
        output = bend4(v128.load(p + 3 * block), gate);
      // At the first moment there is no cell state before.
      const old = before ? v128.load(before + state) : f32x4.splat(0);
      const cell = f32x4.add(f32x4.mul(forget, old), f32x4.mul(input, candidate));
      // The gates replace the sums that they came from: the way backwards needs them.
      storeSome(p, input, left);
      storeSome(p + block, forget, left);
      storeSome(p + 2 * block, candidate, left);
      storeSome(p + 3 * block, output, left);
      storeSome(c + state, cell, left);
      storeSome(h + state, f32x4.mul(output, bend4(cell, bend)), left);
    }
  }
}

/**
 * Writes dz over z, and the gradient of the cell state before over dc.
 * @param dh, dc - The gradients of h and c, [rows, units], rows side by side.
 */
export function lstmBackward(
  z: usize,
  zRow: i32,
  before: usize,
  c: usize,
  stateRow: i32,
  dh: usize,
  dc: usize,
  rows: i32,
  units: i32,
  bend: i32,
  gate: i32,
): void {
  const block = bytes(units);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      const left = units - i,
        p = z + bytes(row * zRow + i),
        state = bytes(row * stateRow + i);
      // dh and dc have their rows side by side, unlike the states of the sequence.
      const place = bytes(row * units + i);
      const input = v128.load(p),
        forget = v128.load(p + block);
      const candidate = v128.load(p + 2 * block),
        output = v128.load(p + 3 * block);
      const old = before ? v128.load(before + state) : f32x4.splat(0);
      const bent = bend4(v128.load(c + state), bend);
      const dOut = v128.load(dh + place);
      // The gradient of the cell state: what the next moment left in dc, and what comes through h.
      const dCell = f32x4.add(
        v128.load(dc + place),
        f32x4.mul(f32x4.mul(dOut, output), slope4(bent, bend)),
      );
      // What the moment before finds in dc.
      storeSome(dc + place, f32x4.mul(dCell, forget), left);
      storeSome(p, f32x4.mul(f32x4.mul(dCell, candidate), slope4(input, gate)), left);
      storeSome(p + block, f32x4.mul(f32x4.mul(dCell, old), slope4(forget, gate)), left);
      storeSome(p + 2 * block, f32x4.mul(f32x4.mul(dCell, input), slope4(candidate, bend)), left);
      storeSome(p + 3 * block, f32x4.mul(f32x4.mul(dOut, bent), slope4(output, gate)), left);
    }
  }
}

/**
 * The first half of a GRU: computes z = [update, reset, …] in place, and writes reset · before to
 * `kept`.
 */
export function gruGates(
  z: usize,
  zRow: i32,
  before: usize,
  stateRow: i32,
  kept: usize,
  rows: i32,
  units: i32,
  gate: i32,
): void {
  const block = bytes(units);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      const left = units - i,
        p = z + bytes(row * zRow + i);
      const update = bend4(v128.load(p), gate),
        reset = bend4(v128.load(p + block), gate);
      const old = before ? v128.load(before + bytes(row * stateRow + i)) : f32x4.splat(0);
      storeSome(p, update, left);
      storeSome(p + block, reset, left);
      // The caller multiplies this by the recurrent kernel, which gives the candidate its sum.
      storeSome(kept + bytes(row * units + i), f32x4.mul(reset, old), left);
    }
  }
}

/**
 * The second half: computes the candidate in place, and h = update · before + (1 − update) ·
 * candidate.
 */
export function gruForward(
  z: usize,
  zRow: i32,
  before: usize,
  h: usize,
  stateRow: i32,
  rows: i32,
  units: i32,
  bend: i32,
): void {
  const block = bytes(units);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      const left = units - i,
        p = z + bytes(row * zRow + i),
        state = bytes(row * stateRow + i);
      const update = v128.load(p),
        candidate = bend4(v128.load(p + 2 * block), bend);
      const old = before ? v128.load(before + state) : f32x4.splat(0);
      storeSome(p + 2 * block, candidate, left);
      // h lies between the old state and the candidate, and the update says where.
      const rest = f32x4.sub(f32x4.splat(1), update);
      storeSome(h + state, f32x4.add(f32x4.mul(update, old), f32x4.mul(rest, candidate)), left);
    }
  }
}

/** Writes dz of the update and of the candidate over their values, and dh · update over dh. */
export function gruBackward(
  z: usize,
  zRow: i32,
  before: usize,
  stateRow: i32,
  dh: usize,
  rows: i32,
  units: i32,
  bend: i32,
  gate: i32,
): void {
  const block = bytes(units);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      const left = units - i,
        p = z + bytes(row * zRow + i),
        place = dh + bytes(row * units + i);
      const update = v128.load(p),
        candidate = v128.load(p + 2 * block),
        d = v128.load(place);
      const old = before ? v128.load(before + bytes(row * stateRow + i)) : f32x4.splat(0);
      const rest = f32x4.sub(f32x4.splat(1), update);
      // The update moves h from the candidate to the old state, so its slope is their difference.
      storeSome(p, f32x4.mul(f32x4.mul(d, f32x4.sub(old, candidate)), slope4(update, gate)), left);
      storeSome(p + 2 * block, f32x4.mul(f32x4.mul(d, rest), slope4(candidate, bend)), left);
      storeSome(place, f32x4.mul(d, update), left);
    }
  }
}

/** Writes dz of the reset over its value, and adds reset · dKept to dh. */
export function gruResetBackward(
  z: usize,
  zRow: i32,
  before: usize,
  stateRow: i32,
  dKept: usize,
  dh: usize,
  rows: i32,
  units: i32,
  gate: i32,
): void {
  const block = bytes(units);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      const left = units - i,
        p = z + bytes(row * zRow + i) + block,
        place = bytes(row * units + i);
      const reset = v128.load(p),
        d = v128.load(dKept + place);
      const old = before ? v128.load(before + bytes(row * stateRow + i)) : f32x4.splat(0);
      storeSome(p, f32x4.mul(f32x4.mul(d, old), slope4(reset, gate)), left);
      storeSome(dh + place, f32x4.add(v128.load(dh + place), f32x4.mul(reset, d)), left);
    }
  }
}

/** Computes h as the activation of z. */
export function simpleForward(
  z: usize,
  zRow: i32,
  h: usize,
  stateRow: i32,
  rows: i32,
  units: i32,
  bend: i32,
): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      const sum = v128.load(z + bytes(row * zRow + i));
      storeSome(h + bytes(row * stateRow + i), bend4(sum, bend), units - i);
    }
  }
}

/** Writes dz over z. @param dh - [rows, units], rows side by side. */
export function simpleBackward(
  z: usize,
  zRow: i32,
  h: usize,
  stateRow: i32,
  dh: usize,
  rows: i32,
  units: i32,
  bend: i32,
): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < units; i += 4) {
      const slope = slope4(v128.load(h + bytes(row * stateRow + i)), bend);
      const gradient = f32x4.mul(v128.load(dh + bytes(row * units + i)), slope);
      storeSome(z + bytes(row * zRow + i), gradient, units - i);
    }
  }
}

/** Copies a row of the table for each index. Indices are whole numbers as float32. */
export function embed(indices: usize, table: usize, to: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; row++) {
    // The trainer has checked that indices are rows of the table.
    const index = <i32>f32.load(indices + bytes(row));
    memory.copy(to + bytes(row * width), table + bytes(index * width), bytes(width));
  }
}

/** Sets the table to zero, and adds each row of dy to the row of the table that its index names. */
export function embedGradient(
  indices: usize,
  dy: usize,
  table: usize,
  rows: i32,
  width: i32,
  entries: i32,
): void {
  memory.fill(table, 0, bytes(entries * width));
  for (let row = 0; row < rows; row++) {
    const index = <i32>f32.load(indices + bytes(row));
    let from = dy + bytes(row * width),
      to = table + bytes(index * width);
    // Rows that several indices name get the sum, in the order of the indices.
    for (let i = 0; i < width; i++) {
      f32.store(to, f32.load(to) + f32.load(from));
      from += 4;
      to += 4;
    }
  }
}
