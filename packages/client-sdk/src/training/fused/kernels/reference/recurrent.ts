import type { Matrix } from "../matrix.ts";
import type { CellActivation, RecurrentKernels } from "../sequence-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, placeOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/**
 * The specification of what lies between the multiplications of recurrent layers, and of
 * embeddings.
 */
export function recurrentKernels(memory: ReferenceMemory, math: ReferenceMath): RecurrentKernels {
  const bends = bendsOf(math);
  /** A value of the state before this moment, which is zero at the first moment. */
  const old = (before: Matrix, row: number, unit: number): number =>
    before.at === 0 ? 0 : memory.f[placeOf(before, row, unit)]!;
  return {
    lstmForward({ z, before, c, h, units, activation, gateActivation }, rows) {
      const bend = bends[activation];
      const gate = bends[gateActivation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit) => {
        // The gates of a unit lie `units` values apart. Their values replace the sums that they are
        // computed from, because the way backwards needs them.
        const p = placeOf(z, row, unit);
        const input = gate.value(f[p]!);
        const forget = gate.value(f[p + units]!);
        const candidate = bend.value(f[p + 2 * units]!);
        const output = gate.value(f[p + 3 * units]!);
        const cell = r(r(forget * old(before, row, unit)) + r(input * candidate));
        f[p] = input;
        f[p + units] = forget;
        f[p + 2 * units] = candidate;
        f[p + 3 * units] = output;
        f[placeOf(c, row, unit)] = cell;
        f[placeOf(h, row, unit)] = output * bend.value(cell);
      });
    },
    // Every gate is read before it is overwritten by the gradient of the sum that it came from.
    lstmBackward({ z, before, c, dh, dc, units, activation, gateActivation }, rows) {
      const bend = bends[activation];
      const gate = bends[gateActivation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit);
        const [input, forget] = [f[p]!, f[p + units]!];
        const [candidate, output] = [f[p + 2 * units]!, f[p + 3 * units]!];
        const bent = bend.value(f[placeOf(c, row, unit)]!);
        const dOut = f[indexOf(dh) + place]!;
        // The gradient of the cell state comes from the next moment and through this output.
        const dCell = r(f[indexOf(dc) + place]! + r(r(dOut * output) * bend.slope(bent)));
        // What goes on to the cell state of the moment before.
        f[indexOf(dc) + place] = dCell * forget;
        f[p] = r(dCell * candidate) * gate.slope(input);
        f[p + units] = r(dCell * old(before, row, unit)) * gate.slope(forget);
        f[p + 2 * units] = r(dCell * input) * bend.slope(candidate);
        f[p + 3 * units] = r(dOut * bent) * gate.slope(output);
      });
    },
    // The candidate needs reset · before times a kernel. So the gates come in a kernel of their
    // own, and the product lies between the two kernels.
    gruGates({ z, before, kept, units, gateActivation }, rows) {
      const gate = bends[gateActivation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit);
        f[p] = gate.value(f[p]!);
        f[p + units] = gate.value(f[p + units]!);
        f[indexOf(kept) + place] = f[p + units]! * old(before, row, unit);
      });
    },
    gruForward({ z, before, h, units, activation }, rows) {
      const bend = bends[activation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit) => {
        const p = placeOf(z, row, unit);
        const update = f[p]!;
        const candidate = bend.value(f[p + 2 * units]!);
        f[p + 2 * units] = candidate;
        const kept = r(update * old(before, row, unit));
        f[placeOf(h, row, unit)] = kept + r(r(1 - update) * candidate);
      });
    },
    // Backwards the product lies between the two kernels too: this one gives the gradient of the
    // candidate, and `gruResetBackward` takes what the product makes of it.
    gruBackward({ z, before, dh, units, activation, gateActivation }, rows) {
      const bend = bends[activation];
      const gate = bends[gateActivation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit);
        const update = f[p]!;
        const candidate = f[p + 2 * units]!;
        const d = f[indexOf(dh) + place]!;
        f[p] = r(d * r(old(before, row, unit) - candidate)) * gate.slope(update);
        f[p + 2 * units] = r(d * r(1 - update)) * bend.slope(candidate);
        f[indexOf(dh) + place] = d * update;
      });
    },
    gruResetBackward({ z, before, dKept, dh, units, gateActivation }, rows) {
      const gate = bends[gateActivation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const p = placeOf(z, row, unit) + units;
        const reset = f[p]!;
        const d = f[indexOf(dKept) + place]!;
        f[p] = r(d * old(before, row, unit)) * gate.slope(reset);
        f[indexOf(dh) + place] = f[indexOf(dh) + place]! + r(reset * d);
      });
    },
    // Indices come as float32 like all inputs. They were checked to be whole numbers from 0 to
    // below the number of rows.
    simpleForward({ z, h, units, activation }, rows) {
      const bend = bends[activation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit) => {
        const sum = f[placeOf(z, row, unit)]!;
        f[placeOf(h, row, unit)] = bend.value(sum);
      });
    },
    simpleBackward({ z, h, dh, units, activation }, rows) {
      const bend = bends[activation];
      const { f } = memory;
      forEachUnit(units, rows, (row, unit, place) => {
        const value = f[placeOf(h, row, unit)]!;
        f[placeOf(z, row, unit)] = f[indexOf(dh) + place]! * bend.slope(value);
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

/** The value of an activation at x, and its derivative where that value is y. */
interface Bend {
  readonly value: (x: number) => number;
  readonly slope: (y: number) => number;
}

function bendsOf({ tanh, sigmoid }: ReferenceMath): Readonly<Record<CellActivation, Bend>> {
  return {
    tanh: { value: tanh, slope: (y) => r(1 - r(y * y)) },
    sigmoid: { value: sigmoid, slope: (y) => r(y * r(1 - y)) },
    hardSigmoid: {
      value: (x) => Math.min(Math.max(r(r(x * r(0.2)) + 0.5), 0), 1),
      slope: (y) => (y > 0 && y < 1 ? r(0.2) : 0),
    },
    relu: { value: (x) => Math.max(x, 0), slope: (y) => Number(y > 0) },
    linear: { value: (x) => x, slope: () => 1 },
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
