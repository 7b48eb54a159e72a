import { matrix, ZEROS, type Matrix } from "../kernels/matrix.ts";
import { inPanels, MATMUL_SCRATCH, type PackedProduct } from "../kernels/multiply-kernels.ts";
import type { RecurrentMoment } from "../kernels/sequence-kernels.ts";
import type { FusedLayer } from "./layer.ts";
import { recurrentLayer, type RecurrentContext } from "./recurrence.ts";

/** One moment with the products of its states. */
interface Step {
  readonly moment: RecurrentMoment;
  /** Adds the state before times the recurrent kernel to the sums. */
  readonly toSums: PackedProduct;
  /** dh: the gradient of the moment's own output, plus what comes back from the next one. */
  readonly toState: PackedProduct;
}

/**
 * Builds a recurrent layer without gates over all moments of a sequence: h = tanh(x·kernel +
 * h₋₁·recurrent + bias), or another activation in place of tanh.
 */
export function simpleRnnLayer(context: RecurrentContext): FusedLayer {
  const { kernels, scratch } = context;
  return recurrentLayer(context, { gatesPerUnit: 1 }, (recurrence) => {
    const { moments, units, recurrent, dh, zAt, dyAt, links } = recurrence;
    const turnedSize = units * units;
    const room = scratch(MATMUL_SCRATCH + turnedSize + units * inPanels(units));
    const kernel = matrix(recurrent.values, units);
    const turned: Matrix = room.place(MATMUL_SCRATCH, { row: units, step: 1 });
    // Packed as it is for the way forwards, and transposed for the way backwards.
    const packed = room.place(MATMUL_SCRATCH + turnedSize, {});
    const last = moments - 1;
    const steps = Array.from({ length: moments }, (_, t): Step => ({
      moment: recurrence.momentAt(t),
      toSums: { a: links.multipliedAt(t - 1), packed, c: zAt(t), start: zAt(t) },
      toState: {
        ...{ a: zAt(Math.min(t + 1, last)), packed },
        ...{ c: matrix(dh, units), start: links.areStraight ? dyAt(t) : ZEROS },
      },
    }));
    return {
      gatesOfState: units,
      forward(count) {
        kernels.packMatrix(kernel, packed, units, units);
        for (let t = 0; t < moments; t++) {
          const { moment, toSums } = steps[t]!;
          // The state before the first moment is zero, and so is its product.
          if (t > 0) kernels.matmulPacked(toSums, count, units, units);
          kernels.simpleForward(moment, count);
          links.settle(t, count);
        }
      },
      backward(count) {
        kernels.transpose(kernel, turned, units, units);
        kernels.packMatrix(turned, packed, units, units);
        for (let t = last; t >= 0; t--) {
          const { moment, toState } = steps[t]!;
          // At the last moment dh already holds the gradient of the output.
          if (t < last) {
            kernels.matmulPacked(toState, count, units, units);
            if (!links.areStraight) links.receive(t + 1, dh, count);
          }
          links.hold(t, count);
          kernels.simpleBackward(moment, count);
          links.release(t, count);
        }
      },
    };
  });
}
