import type { Address } from "@tributary/protocol";
import type { CallDraft } from "@tributary/protocol/testing";
import type {
  LossKernels,
  OptimizerKernels,
  ProbabilityKernels,
} from "../../../src/training/fused/kernels/number-kernels.ts";
import { elementwise, type TrainingKernelCase } from "./kernel-case.ts";

/** Where x, targets, y and dx of a loss lie. */
const lossAt = ([x, targets, y, dx]: number[]): Record<"x" | "targets" | "y" | "dx", Address> => ({
  ...{ x: x!, targets: targets!, y: y!, dx: dx! },
});

/** Values of at least 0: the state of optimizers that add up squares. */
const drawSquares = (draft: CallDraft, count: number): Address =>
  draft.put(Float32Array.from({ length: count }, () => draft.number(0, 4)));

/** The parameters of an optimizer, their gradient and two arrays of its state. */
function drawDescent(draft: CallDraft): Record<"w" | "g" | "m" | "v" | "squares" | "size", number> {
  const size = draft.size(600);
  return {
    ...{ w: draft.values(size), g: draft.values(size), m: draft.values(size) },
    ...{ v: draft.values(size), squares: drawSquares(draft, size), size },
  };
}

/** Losses and the steps of optimizers. */
export const DESCENT_CASES: Readonly<
  Record<keyof (LossKernels & ProbabilityKernels & OptimizerKernels), TrainingKernelCase>
> = {
  softmax(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const [x, y] = [draft.values(rows * columns, 20), draft.room(4 * rows * columns)];
    return (kernels) => kernels.softmax(x, y, rows, columns);
  },
  softmaxGradient(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const [y, dy, dx] = [1, 1, 1].map(() => draft.values(rows * columns)) as [
      number,
      number,
      number,
    ];
    return (kernels) => kernels.softmaxGradient(y, dy, dx, rows, columns);
  },
  softmaxCrossEntropy(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const loss = lossAt([1, 1, 1, 1].map(() => draft.values(rows * columns, 20)));
    return (kernels) => kernels.softmaxCrossEntropy(loss, rows, columns, 1 / rows);
  },
  sigmoidCrossEntropy: elementwise(4, (kernels, size, at) =>
    kernels.sigmoidCrossEntropy(lossAt(at), size, 1 / size),
  ),
  shareCrossEntropy(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const [x, targets, dx] = [1, 1, 1].map(() => draft.values(rows * columns)) as [
      Address,
      Address,
      Address,
    ];
    return (kernels) => kernels.shareCrossEntropy({ x, targets, dx }, rows, columns, 1 / rows);
  },
  chanceCrossEntropy: elementwise(4, (kernels, size, at) =>
    kernels.chanceCrossEntropy(lossAt(at), size, 1 / size),
  ),
  squaredError: elementwise(4, (kernels, size, at) =>
    kernels.squaredError(lossAt(at), size, 1 / size),
  ),
  absoluteError: elementwise(4, (kernels, size, at) =>
    kernels.absoluteError(lossAt(at), size, 1 / size),
  ),
  huberLoss: elementwise(4, (kernels, size, at) =>
    kernels.huberLoss(lossAt(at), size, 1 / size, 0.5),
  ),
  descend: elementwise(2, (kernels, size, [w, g]) => kernels.descend(w!, g!, size, 0.1)),
  descendWithMomentum(draft) {
    const operands = { ...drawDescent(draft), rate: 0.1, momentum: 0.9, nesterov: draft.flag() };
    return (kernels) => kernels.descendWithMomentum(operands);
  },
  adam(draft) {
    const drawn = drawDescent(draft);
    const settings = { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    return (kernels) => kernels.adam({ ...drawn, ...settings, v: drawn.squares }, 0.19, 0.002);
  },
  adagrad(draft) {
    const drawn = drawDescent(draft);
    return (kernels) => kernels.adagrad({ ...drawn, a: drawn.squares, rate: 0.1, epsilon: 1e-7 });
  },
  rmsprop(draft) {
    const drawn = drawDescent(draft);
    const settings = { rate: 0.01, decay: 0.9, momentum: 0.5, epsilon: 1e-7 };
    return (kernels) => kernels.rmsprop({ ...drawn, ...settings, s: drawn.squares });
  },
};
