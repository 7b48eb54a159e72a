import type { RecurrentKernels } from "../sequence-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import type { ReferenceMemory } from "./memory.ts";

const r = Math.fround;

export function recurrentKernels(memory: ReferenceMemory, math: ReferenceMath): RecurrentKernels {
  const gate = (x: number, hard: number): number =>
    hard === 0 ? math.sigmoid(x) : Math.min(Math.max(r(r(x * r(0.2)) + 0.5), 0), 1);
  const gateSlope = (y: number, hard: number): number =>
    hard === 0 ? r(y * r(1 - y)) : y > 0 && y < 1 ? r(0.2) : 0;
  const tanhSlope = (y: number): number => r(1 - r(y * y));
  /** Visits every value of [rows, units]: its place within z, within the states, and within what lies side by side. */
  const each = (
    [rows, units, zRow, stateRow]: readonly [number, number, number, number],
    visit: (z: number, state: number, place: number) => void,
  ): void => {
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < units; i++) visit(row * zRow + i, row * stateRow + i, row * units + i);
    }
  };
  /** A value of the state before, which may be zeros. */
  const old = (before: number, state: number): number =>
    before === 0 ? 0 : memory.f[before + state]!;
  return {
    lstmForward(z, zRow, before, c, h, stateRow, rows, units, hard) {
      const { f } = memory;
      each([rows, units, zRow, stateRow], (offset, state) => {
        const p = z + offset;
        const input = gate(f[p]!, hard);
        const forget = gate(f[p + units]!, hard);
        const candidate = math.tanh(f[p + 2 * units]!);
        const output = gate(f[p + 3 * units]!, hard);
        const cell = r(r(forget * old(before, state)) + r(input * candidate));
        f[p] = input;
        f[p + units] = forget;
        f[p + 2 * units] = candidate;
        f[p + 3 * units] = output;
        f[c + state] = cell;
        f[h + state] = output * math.tanh(cell);
      });
    },
    lstmBackward(z, zRow, before, c, stateRow, dh, dc, rows, units, hard) {
      const { f } = memory;
      each([rows, units, zRow, stateRow], (offset, state, place) => {
        const p = z + offset;
        const [input, forget] = [f[p]!, f[p + units]!];
        const [candidate, output] = [f[p + 2 * units]!, f[p + 3 * units]!];
        const bent = math.tanh(f[c + state]!);
        const dOut = f[dh + place]!;
        const dCell = r(f[dc + place]! + r(r(dOut * output) * tanhSlope(bent)));
        f[dc + place] = dCell * forget;
        f[p] = r(dCell * candidate) * gateSlope(input, hard);
        f[p + units] = r(dCell * old(before, state)) * gateSlope(forget, hard);
        f[p + 2 * units] = r(dCell * input) * tanhSlope(candidate);
        f[p + 3 * units] = r(dOut * bent) * gateSlope(output, hard);
      });
    },
    gruGates(z, zRow, before, stateRow, kept, rows, units, hard) {
      const { f } = memory;
      each([rows, units, zRow, stateRow], (offset, state, place) => {
        const p = z + offset;
        f[p] = gate(f[p]!, hard);
        f[p + units] = gate(f[p + units]!, hard);
        f[kept + place] = f[p + units]! * old(before, state);
      });
    },
    gruForward(z, zRow, before, h, stateRow, rows, units) {
      const { f } = memory;
      each([rows, units, zRow, stateRow], (offset, state) => {
        const p = z + offset;
        const update = f[p]!;
        const candidate = math.tanh(f[p + 2 * units]!);
        f[p + 2 * units] = candidate;
        f[h + state] = r(update * old(before, state)) + r(r(1 - update) * candidate);
      });
    },
    gruBackward(z, zRow, before, stateRow, dh, rows, units, hard) {
      const { f } = memory;
      each([rows, units, zRow, stateRow], (offset, state, place) => {
        const p = z + offset;
        const update = f[p]!;
        const candidate = f[p + 2 * units]!;
        const d = f[dh + place]!;
        f[p] = r(d * r(old(before, state) - candidate)) * gateSlope(update, hard);
        f[p + 2 * units] = r(d * r(1 - update)) * tanhSlope(candidate);
        f[dh + place] = d * update;
      });
    },
    gruResetBackward(z, zRow, before, stateRow, dKept, dh, rows, units, hard) {
      const { f } = memory;
      each([rows, units, zRow, stateRow], (offset, state, place) => {
        const p = z + offset + units;
        const reset = f[p]!;
        const d = f[dKept + place]!;
        f[p] = r(d * old(before, state)) * gateSlope(reset, hard);
        f[dh + place] = f[dh + place]! + r(reset * d);
      });
    },
    embed(indices, table, to, rows, width) {
      const { f } = memory;
      for (let row = 0; row < rows; row++) {
        const from = table + f[indices + row]! * width;
        f.copyWithin(to + row * width, from, from + width);
      }
    },
    embedGradient(indices, dy, table, rows, width, entries) {
      const { f } = memory;
      f.fill(0, table, table + entries * width);
      for (let row = 0; row < rows; row++) {
        const to = table + f[indices + row]! * width;
        for (let i = 0; i < width; i++) f[to + i] = f[to + i]! + f[dy + row * width + i]!;
      }
    },
  };
}
