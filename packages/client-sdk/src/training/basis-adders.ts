// How the bases of metrics are summed up from the outputs and targets of a batch. Where each sum
// lies is up to the protocol.
import { LEAST_PROBABILITY, scoreIndex, type BasisName } from "@tributary/protocol";
import { argmax, type OutputForm } from "./output-form.ts";

/**
 * Adds the answers of a batch.
 * @param sums - The values of the basis; modified.
 * @param outputs, targets - Of the same shape, [batch, ...outputShape].
 */
type BasisAdder = (
  sums: Float64Array,
  outputs: Float32Array,
  targets: Float32Array,
  form: OutputForm,
) => void;

/** One for each basis that the protocol has. */
export const BASIS_ADDERS: Readonly<Record<BasisName, BasisAdder>> = {
  confusion(sums, outputs, targets, { width, competing }) {
    if (!competing) {
      for (let i = 0; i < outputs.length; i++) {
        const index = (targets[i]! > 0.5 ? 2 : 0) + (outputs[i]! > 0.5 ? 1 : 0);
        sums[index] = sums[index]! + 1;
      }
      return;
    }
    for (let row = 0; row < outputs.length; row += width) {
      if (isMasked(targets, row, width)) continue;
      const index = argmax(targets, row, width) * width + argmax(outputs, row, width);
      sums[index] = sums[index]! + 1;
    }
  },

  scores(sums, outputs, targets, { width, competing }) {
    const count = (question: number, isOfClass: boolean, score: number): void => {
      const index = scoreIndex(question, isOfClass, score);
      sums[index] = sums[index]! + 1;
    };
    if (!competing) {
      for (let i = 0; i < outputs.length; i++) count(0, targets[i]! > 0.5, outputs[i]!);
      return;
    }
    for (let row = 0; row < outputs.length; row += width) {
      if (isMasked(targets, row, width)) continue;
      const truth = argmax(targets, row, width);
      for (let one = 0; one < width; one++) count(one, one === truth, outputs[row + one]!);
    }
  },

  residuals(sums, outputs, targets, { width }) {
    sums[0] = sums[0]! + outputs.length / width;
    for (let i = 0; i < outputs.length; i++) {
      const at = 1 + 3 * (i % width);
      const label = targets[i]!;
      sums[at] = sums[at]! + label;
      sums[at + 1] = sums[at + 1]! + label ** 2;
      sums[at + 2] = sums[at + 2]! + (outputs[i]! - label) ** 2;
    }
  },

  surprise(sums, outputs, targets, { width }) {
    for (let row = 0; row < outputs.length; row += width) {
      let whole = 0;
      for (let i = row; i < row + width; i++) whole += outputs[i]!;
      for (let i = row; i < row + width; i++) {
        const target = targets[i]!;
        if (target === 0) continue;
        // The least probability also takes the place of what is no number.
        const probability = Math.min(Math.max(outputs[i]! / whole || 0, LEAST_PROBABILITY), 1);
        sums[0] = sums[0]! + target;
        sums[1] = sums[1]! - target * Math.log(probability);
      }
    }
  },
};

/** Whether a row of targets names no class. */
function isMasked(targets: Float32Array, row: number, width: number): boolean {
  for (let i = row; i < row + width; i++) if (targets[i] !== 0) return false;
  return true;
}
