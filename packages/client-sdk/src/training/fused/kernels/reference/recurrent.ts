import type { Matrix } from "../matrix.ts";
import type { RecurrentKernels } from "../sequence-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, placeOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/**
 * The specification of what lies between the multiplications of recurrent layers, and of
 * embeddings.
 */
export function recurrentKernels(memory: ReferenceMemory, math: ReferenceMath): RecurrentKernels {
  /** The activation of a gate: a sigmoid, or the straight line of a hard sigmoid. */
  const gate = (x: number, hard: boolean): number =>
    hard ? Math.min(Math.max(r(r(x * r(0.2)) + 0.5), 0), 1) : math.sigmoid(x);
  /** The slope of a gate, from its output. */
  const gateSlope = (y: number, hard: boolean): number =>
    hard ? (y > 0 && y < 1 ? r(0.2) : 0) : r(y * r(1 - y));
  /** The slope of tanh, from its output. */
  const tanhSlope = (y: number): number => r(1 - r(y * y));
  /** A value of the state before this moment, which is zero at the first moment. */
  const old = (before: Matrix, row: number, unit: number): number =>
    before.at === 0 ? 0 : memory.f[placeOf(before, row, unit)]!;
  return {
    lstmForward({ z, before, c, h, units, hard }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit) => {
        // The gates of a unit lie `units` values apart. Their values replace the sums that they are
        // computed from, because the way backwards needs them.
        const p = placeOf(z, row, unit);
        const input = gate(f[p]!, hard);
        const forget = gate(f[p + units]!, hard);
        const candidate = math.tanh(f[p + 2 * units]!);
        const output = gate(f[p + 3 * units]!, hard);
        const cell = r(r(forget * old(before, row, unit)) + r(input * candidate));
        f[p] = input;
        f[p + units] = forget;
        f[p + 2 * units] = candidate;
        f[p + 3 * units] = output;
        f[placeOf(c, row, unit)] = cell;
        f[placeOf(h, row, unit)] = output * math.tanh(cell);
      });
    },
    // Every gate is read before it is overwritten by the gradient of the sum that it came from.
    lstmBackward({ z, before, c, dh, dc, units, hard }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit);
        const [input, forget] = [f[p]!, f[p + units]!];
        const [candidate, output] = [f[p + 2 * units]!, f[p + 3 * units]!];
        const bent = math.tanh(f[placeOf(c, row, unit)]!);
        const dOut = f[indexOf(dh) + place]!;
        // The gradient of the cell state comes from the next moment and through this output.
        const dCell = r(f[indexOf(dc) + place]! + r(r(dOut * output) * tanhSlope(bent)));
        // What goes on to the cell state of the moment before.
        f[indexOf(dc) + place] = dCell * forget;
        f[p] = r(dCell * candidate) * gateSlope(input, hard);
        f[p + units] = r(dCell * old(before, row, unit)) * gateSlope(forget, hard);
        f[p + 2 * units] = r(dCell * input) * tanhSlope(candidate);
        f[p + 3 * units] = r(dOut * bent) * gateSlope(output, hard);
      });
    },
    // The candidate needs reset · before times a kernel. So the gates come in a kernel of their
    // own, and the product lies between the two kernels.
    gruGates({ z, before, kept, units, hard }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit);
        f[p] = gate(f[p]!, hard);
        f[p + units] = gate(f[p + units]!, hard);
        f[indexOf(kept) + place] = f[p + units]! * old(before, row, unit);
      });
    },
    gruForward({ z, before, h, units }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit) => {
        const p = placeOf(z, row, unit);
        const update = f[p]!;
        const candidate = math.tanh(f[p + 2 * units]!);
        f[p + 2 * units] = candidate;
        const kept = r(update * old(before, row, unit));
        f[placeOf(h, row, unit)] = kept + r(r(1 - update) * candidate);
      });
    },
    // Backwards the product lies between the two kernels too: this one gives the gradient of the
    // candidate, and `gruResetBackward` takes what the product makes of it.
    gruBackward({ z, before, dh, units, hard }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit);
        const update = f[p]!;
        const candidate = f[p + 2 * units]!;
        const d = f[indexOf(dh) + place]!;
        f[p] = r(d * r(old(before, row, unit) - candidate)) * gateSlope(update, hard);
        f[p + 2 * units] = r(d * r(1 - update)) * tanhSlope(candidate);
        f[indexOf(dh) + place] = d * update;
      });
    },
    gruResetBackward({ z, before, dKept, dh, units, hard }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit) + units;
        const reset = f[p]!;
        const d = f[indexOf(dKept) + place]!;
        f[p] = r(d * old(before, row, unit)) * gateSlope(reset, hard);
        f[indexOf(dh) + place] = f[indexOf(dh) + place]! + r(reset * d);
      });
    },
    // Indices come as float32 like all inputs. They were checked to be whole numbers from 0 to
    // below the number of rows.
    simpleForward({ z, h, units, rectified }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit) => {
        const sum = f[placeOf(z, row, unit)]!;
        f[placeOf(h, row, unit)] = rectified ? Math.max(sum, 0) : math.tanh(sum);
      });
    },
    simpleBackward({ z, h, dh, units, rectified }, rows) {
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const value = f[placeOf(h, row, unit)]!;
        const slope = rectified ? Number(value > 0) : tanhSlope(value);
        f[placeOf(z, row, unit)] = f[indexOf(dh) + place]! * slope;
      });
    },
    embed(indices, table, to, rows, width) {
      const { f } = memory;
      for (let row = 0; row < rows; row++) {
        const from = indexOf(table) + f[indexOf(indices) + row]! * width;
        f.copyWithin(indexOf(to) + row * width, from, from + width);
      }
    },
    embedGradient(indices, dy, table, rows, width, entries) {
      const { f } = memory;
      // A row that several indices name gets the sum of their gradients.
      f.fill(0, indexOf(table), indexOf(table) + entries * width);
      for (let row = 0; row < rows; row++) {
        const from = indexOf(dy) + row * width;
        const to = indexOf(table) + f[indexOf(indices) + row]! * width;
        for (let i = 0; i < width; i++) f[to + i] = f[to + i]! + f[from + i]!;
      }
    },
  };
}

/**
 * Visits every value of [rows, units].
 * @param visit - Its last argument is where the value lies when rows lie side by side.
 */
function forEachUnit(
  units: number,
  rows: number,
  visit: (row: number, unit: number, place: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) visit(row, unit, row * units + unit);
  }
}
