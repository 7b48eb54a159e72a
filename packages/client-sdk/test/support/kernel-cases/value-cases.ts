import type { CallDraft } from "@tributary/protocol/testing";
import {
  CURVES,
  type ActivationKernels,
  type Curve,
} from "../../../src/training/fused/kernels/activation-kernels.ts";
import type {
  Arrangement,
  ArrangementKernels,
  Axes,
} from "../../../src/training/fused/kernels/arrangement-kernels.ts";
import type {
  DropoutKernels,
  ElementwiseKernels,
  GeluKernels,
} from "../../../src/training/fused/kernels/number-kernels.ts";
import { elementwise, type TrainingKernelCase } from "./kernel-case.ts";

const drawCurve = (draft: CallDraft): Curve => CURVES[draft.integer(0, CURVES.length - 1)]!;

/** Values in one order and in another: the middle axes exchanged, and one of them turned round. */
function drawArrangements(
  draft: CallDraft,
): Record<"from" | "to", Arrangement> & { sizes: Axes; examples: number } {
  const examples = draft.size(3);
  const sizes: Axes = [draft.size(4), draft.size(5), draft.size(21)];
  const [outer, middle, inner] = sizes;
  const size = examples * outer * middle * inner;
  const [from, to] = [draft.values(size), draft.values(size)];
  const example = outer * middle * inner;
  // The same row for all examples, or rows from the last one to the first.
  const repeats = draft.flag();
  return {
    from: {
      at: repeats ? from : from + 4 * (outer - 1) * middle * inner,
      strides: repeats ? [example, 0, inner, 1] : [example, -middle * inner, inner, 1],
    },
    to: {
      at: to,
      // Values side by side, values apart, or sums over the last axis.
      strides: draft.flag()
        ? [example, inner, outer * inner, 1]
        : [example, middle, 1, draft.flag() ? outer * middle : 0],
    },
    ...{ sizes, examples },
  };
}

/** Kernels that treat each value on its own, or bring values into another order. */
export const VALUE_CASES: Readonly<
  Record<
    keyof (ElementwiseKernels &
      ActivationKernels &
      GeluKernels &
      ArrangementKernels &
      DropoutKernels),
    TrainingKernelCase
  >
> = {
  relu: elementwise(2, (kernels, size, [x, y]) => kernels.relu(x!, y!, size, 0.3)),
  reluGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.reluGradient(y!, dy!, dx!, size, 0.3),
  ),
  tanh: elementwise(2, (kernels, size, [x, y]) => kernels.tanh(x!, y!, size)),
  tanhGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.tanhGradient(y!, dy!, dx!, size),
  ),
  sigmoid: elementwise(2, (kernels, size, [x, y]) => kernels.sigmoid(x!, y!, size)),
  sigmoidGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.sigmoidGradient(y!, dy!, dx!, size),
  ),
  add: elementwise(2, (kernels, size, [from, to]) => kernels.add(from!, to!, size)),
  // In place, as gradients are clipped.
  scale: elementwise(1, (kernels, size, [x]) => kernels.scale(x!, x!, size, 0.7)),
  addScaled: elementwise(2, (kernels, size, [x, to]) => kernels.addScaled(x!, to!, size, 0.3)),
  addDifference: elementwise(3, (kernels, size, [a, b, to]) =>
    kernels.addDifference(a!, b!, to!, size, 0.1),
  ),
  sumOfSquares: elementwise(1, (kernels, size, [x]) => kernels.sumOfSquares(x!, size)),
  sumOfSizes: elementwise(1, (kernels, size, [x]) => kernels.sumOfSizes(x!, size)),
  addSigns: elementwise(2, (kernels, size, [x, to]) => kernels.addSigns(x!, to!, size, 0.3)),
  multiply: elementwise(3, (kernels, size, [a, b, y]) => kernels.multiply(a!, b!, y!, size)),
  arrange(draft) {
    const { from, to, sizes, examples } = drawArrangements(draft);
    return (kernels) => kernels.arrange(from, to, sizes, examples);
  },
  addArranged(draft) {
    const { from, to, sizes, examples } = drawArrangements(draft);
    return (kernels) => kernels.addArranged(from, to, sizes, examples);
  },
  clip: elementwise(2, (kernels, size, [x, y]) => kernels.clip(x!, y!, size, -0.5, 0.7)),
  clipGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.clipGradient(y!, dy!, dx!, size, -0.5, 0.7),
  ),
  elu: elementwise(2, (kernels, size, [x, y]) => kernels.elu(x!, y!, size, 1.7, 1.1)),
  eluGradient: elementwise(3, (kernels, size, [y, dy, dx]) =>
    kernels.eluGradient(y!, dy!, dx!, size, 1.7, 1.1),
  ),
  curve(draft) {
    const [size, curve] = [draft.size(600), drawCurve(draft)];
    const [x, y] = [draft.values(size, 20), draft.room(4 * size)];
    return (kernels) => kernels.curve(x, y, size, curve);
  },
  curveGradient(draft) {
    const [size, curve] = [draft.size(600), drawCurve(draft)];
    const [x, dy, dx] = [draft.values(size, 20), draft.values(size), draft.room(4 * size)];
    return (kernels) => kernels.curveGradient(x, dy, dx, size, curve);
  },
  bendColumns(draft) {
    const [rows, columns] = [draft.size(37), draft.size(37)];
    const size = rows * columns;
    const [x, v, y] = [draft.values(size), draft.values(size), draft.room(4 * size)];
    const factors = draft.values(columns);
    return (kernels) => kernels.bendColumns(x, v, factors, y, rows, columns);
  },
  gelu(draft) {
    const [size, approximate] = [draft.size(600), draft.flag()];
    const [x, y, bend] = [draft.values(size), draft.room(4 * size), draft.room(4 * size)];
    return (kernels) => kernels.gelu(x, y, bend, size, approximate);
  },
  geluGradient(draft) {
    const [size, approximate] = [draft.size(600), draft.flag()];
    const [x, dy, dx] = [draft.values(size), draft.values(size), draft.room(4 * size)];
    const bend = draft.values(size, 1);
    return (kernels) => kernels.geluGradient(x, bend, dy, dx, size, approximate);
  },
  dropout(draft) {
    const size = draft.size(600);
    const [x, y] = [draft.values(size), draft.values(size)];
    const mask = { key: [draft.word() | 0, -4], threshold: draft.word(), factor: 1.6 } as const;
    return (kernels) => kernels.dropout(x, y, size, mask, size);
  },
};
