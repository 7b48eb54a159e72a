import { after, matrix, ZEROS, type Matrix } from "../kernels/matrix.ts";
import {
  inPanels,
  MATMUL_SCRATCH,
  type PackedProduct,
  type Product,
} from "../kernels/multiply-kernels.ts";
import type { GruMoment } from "../kernels/sequence-kernels.ts";
import type { FusedLayer } from "./layer.ts";
import { recurrentLayer, type RecurrentContext } from "./recurrence.ts";

/** One moment with the products of its states. */
interface Step {
  readonly moment: GruMoment;
  /** The same moment with what the recurrent kernel multiplies as its state before. */
  readonly multiplied: GruMoment;
  /** Adds the state before times the recurrent kernel to the gates update and reset. */
  readonly toGates: PackedProduct;
  /** Adds reset · state before times the recurrent kernel to the candidate. */
  readonly toCandidate: PackedProduct;
  /** The gradient of reset · state before, from that of the candidate. */
  readonly toKept: PackedProduct;
  /** Adds what the gates give back to dh. */
  readonly toState: PackedProduct;
  /** Adds this moment's part to the gradient of the candidate's columns of the recurrent kernel. */
  readonly candidateGradient: Product;
}

/**
 * Builds a GRU over all moments of a sequence, in its first form: the reset acts on the state
 * before the state is multiplied. With U for the recurrent kernel and x for the input's part of a
 * gate, which `recurrentLayer` has computed:
 *
 *     z = σ(x_z + h₋₁·U_z)        r = σ(x_r + h₋₁·U_r)
 *     g = tanh(x_g + (r · h₋₁)·U_g)        h = z · h₋₁ + (1 − z) · g
 *
 * z is called update, r reset and g candidate. Each moment takes two products, since the candidate
 * needs the reset first.
 */
export function gruLayer(context: RecurrentContext): FusedLayer {
  const { kernels, capacity, allocate, scratch } = context;
  return recurrentLayer(context, { gatesPerUnit: 3 }, (recurrence) => {
    const { moments, units, gates, recurrent, dh, zAt, links } = recurrence;
    // The gates update and reset lie side by side, and are multiplied together.
    const pair = 2 * units;
    /** reset · state before, for each moment: [moments, capacity, units]. */
    const kept = allocate(moments * capacity * units);
    const keptAt = (t: number): Matrix => matrix(after(kept, t * capacity * units), units);
    const dKept = allocate(capacity * units);
    // Where what comes back through the recurrent kernel is added up. Where states go on as they
    // are, that is the gradient of the state before.
    const through = links.areStraight ? dh : allocate(capacity * units);
    const turnedSize = gates * units;
    const packedSize = Math.max(
      units * (inPanels(pair) + inPanels(units)),
      gates * inPanels(units),
    );
    const room = scratch(MATMUL_SCRATCH + packedSize + turnedSize);
    // The recurrent kernel, [units, gates], in two parts; packed for the way forwards, and
    // transposed and packed for the way backwards.
    const gatesKernel = matrix(recurrent.values, gates);
    const candidateKernel = matrix(after(recurrent.values, pair), gates);
    const gatesPacked = room.place(MATMUL_SCRATCH, {});
    const candidatePacked = room.place(MATMUL_SCRATCH + units * inPanels(pair), {});
    const turned = { row: units, step: 1 };
    const gatesTurned: Matrix = room.place(MATMUL_SCRATCH, turned);
    const candidateTurned: Matrix = room.place(MATMUL_SCRATCH + pair * units, turned);
    const gatesTurnedPacked = room.place(MATMUL_SCRATCH + turnedSize, {});
    const candidateTurnedPacked = room.place(
      MATMUL_SCRATCH + turnedSize + pair * inPanels(units),
      {},
    );
    const state = matrix(through, units);
    const intoCandidate = matrix(after(recurrent.gradient, pair), gates);
    const packing = room.place(0, {});
    // The operands of every moment are made here, once, so that a training step makes no objects.
    const steps = Array.from({ length: moments }, (_, t): Step => {
      const [z, candidate] = [zAt(t), zAt(t, pair)];
      const moment = { ...recurrence.momentAt(t), kept: keptAt(t).at, dKept };
      const before = links.multipliedAt(t - 1);
      return {
        moment,
        multiplied: { ...moment, before, dh: through },
        toGates: { a: before, packed: gatesPacked, c: z, start: z },
        toCandidate: { a: keptAt(t), packed: candidatePacked, c: candidate, start: candidate },
        toKept: {
          ...{ a: candidate, packed: candidateTurnedPacked },
          ...{ c: matrix(dKept, units), start: ZEROS },
        },
        toState: { a: z, packed: gatesTurnedPacked, c: state, start: state },
        candidateGradient: {
          // The transpose of what was kept.
          a: matrix(keptAt(t).at, 1, units),
          ...{ b: candidate, c: intoCandidate, start: intoCandidate, scratch: packing },
        },
      };
    });
    return {
      gatesOfState: pair,
      forward(count) {
        kernels.packMatrix(gatesKernel, gatesPacked, units, pair);
        kernels.packMatrix(candidateKernel, candidatePacked, units, units);
        for (let t = 0; t < moments; t++) {
          const { moment, multiplied, toGates, toCandidate } = steps[t]!;
          // The state before the first moment is zero, and so are its products.
          if (t > 0) kernels.matmulPacked(toGates, count, pair, units);
          kernels.gruGates(multiplied, count);
          if (t > 0) kernels.matmulPacked(toCandidate, count, units, units);
          kernels.gruForward(moment, count);
          links.settle(t, count);
        }
      },
      backward(count) {
        kernels.transpose(gatesKernel, gatesTurned, units, gates);
        kernels.packMatrix(gatesTurned, gatesTurnedPacked, pair, units);
        kernels.packMatrix(candidateTurned, candidateTurnedPacked, units, units);
        for (let t = moments - 1; t >= 0; t--) {
          const { moment, multiplied, toKept, toState } = steps[t]!;
          links.hold(t, count);
          kernels.gruBackward(moment, count);
          links.release(t, count);
          kernels.matmulPacked(toKept, count, units, units);
          if (!links.areStraight) kernels.fill(through, count * units, 0);
          kernels.gruResetBackward(multiplied, count);
          // Before the first moment there is no state that could take a gradient.
          if (t === 0) break;
          kernels.matmulPacked(toState, count, units, pair);
          // The gradient of the state before also has the part of its own output.
          if (links.areStraight) recurrence.addOutputGradient(t - 1, count);
          else links.receive(t, through, count);
        }
      },
      addKernelGradient(count) {
        for (let t = 1; t < moments; t++) {
          kernels.matmul(steps[t]!.candidateGradient, units, units, count);
        }
      },
    };
  });
}
