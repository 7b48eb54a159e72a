import { matrix, ZEROS, type Matrix } from "../kernels/matrix.ts";
import { inPanels, MATMUL_SCRATCH, type PackedProduct } from "../kernels/multiply-kernels.ts";
import type { LstmMoment } from "../kernels/sequence-kernels.ts";
import type { FusedLayer } from "./layer.ts";
import { recurrentLayer, type RecurrentContext } from "./recurrence.ts";

/** One moment with the products of its states. */
interface Step {
  readonly moment: LstmMoment;
  /** Adds the state before times the recurrent kernel to the gates. */
  readonly toGates: PackedProduct;
  /**
   * dh: the gradient of the moment's own output, plus what comes back from the gates of the next
   * one.
   */
  readonly toState: PackedProduct;
}

/**
 * Builds an LSTM over all moments of a sequence. With the gates i, f, g, o of a moment (input,
 * forget, candidate, output), each of them the activation of x·kernel + h₋₁·recurrent + bias:
 *
 *     c = f · c₋₁ + i · g        h = o · tanh c
 *
 * The topology may name another activation in place of tanh.
 * The input's part of the gates is computed for all moments at once; see `recurrentLayer`. What
 * remains must go moment by moment, because each one needs the state before.
 */
export function lstmLayer(context: RecurrentContext): FusedLayer {
  const { kernels, scratch } = context;
  return recurrentLayer(context, { gatesPerUnit: 4, hasCellState: true }, (recurrence) => {
    const { moments, units, gates, recurrent, dh, dc, zAt, hAt, dyAt, links } = recurrence;
    const cAt = recurrence.cellAt;
    // The kernel is packed once for all moments: as it is for the way forwards, and transposed for
    // the way backwards. Both use the same room, since only one of them is under way.
    const turnedSize = units * gates;
    const room = scratch(
      Math.max(MATMUL_SCRATCH + units * inPanels(gates), turnedSize + gates * inPanels(units)),
    );
    const kernel = matrix(recurrent.values, gates);
    const packed = room.place(MATMUL_SCRATCH, {});
    const turned: Matrix = room.place(0, { row: units, step: 1 });
    const turnedPacked = room.place(turnedSize, {});
    const last = moments - 1;
    const steps = Array.from({ length: moments }, (_, t): Step => {
      const z = zAt(t);
      const before = t === 0 ? hAt(-1) : cAt(t - 1);
      return {
        moment: { ...recurrence.momentAt(t), before, c: cAt(t), dc },
        toGates: { a: links.multipliedAt(t - 1), packed, c: z, start: z },
        toState: {
          ...{ a: zAt(Math.min(t + 1, last)), packed: turnedPacked },
          ...{ c: matrix(dh, units), start: links.areStraight ? dyAt(t) : ZEROS },
        },
      };
    });
    return {
      gatesOfState: gates,
      forward(count) {
        // The weights have changed since the last pass, so the kernel is packed again.
        kernels.packMatrix(kernel, packed, units, gates);
        for (let t = 0; t < moments; t++) {
          const { moment, toGates } = steps[t]!;
          // The state before the first moment is zero, and so is its product.
          if (t > 0) kernels.matmulPacked(toGates, count, gates, units);
          kernels.lstmForward(moment, count);
          links.settle(t, count);
        }
      },
      backward(count) {
        kernels.transpose(kernel, turned, units, gates);
        kernels.packMatrix(turned, turnedPacked, gates, units);
        kernels.fill(dc, count * units, 0);
        for (let t = last; t >= 0; t--) {
          const { moment, toState } = steps[t]!;
          // At the last moment dh already holds the gradient of the output: no moment follows that
          // would add to it.
          if (t < last) {
            kernels.matmulPacked(toState, count, units, gates);
            if (!links.areStraight) links.receive(t + 1, dh, count);
          }
          links.hold(t, count);
          kernels.lstmBackward(moment, count);
          links.release(t, count);
        }
      },
    };
  });
}
