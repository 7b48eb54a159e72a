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
  const { kernels, operation, capacity, allocate, scratch } = context;
  return recurrentLayer(context, 3, (recurrence) => {
    const { moments, units, gates, recurrent, dh, zAt, hAt, dyAt } = recurrence;
    // The gates update and reset lie side by side, and are multiplied together.
    const pair = 2 * units;
    /** reset · state before, for each moment: [moments, capacity, units]. */
    const kept = allocate(moments * capacity * units);
    const keptAt = (t: number): Matrix => matrix(after(kept, t * capacity * units), units);
    const dKept = allocate(capacity * units);
    // Room for the gradient of one moment's output, whose rows lie apart in the output.
    const own = allocate(capacity * units);
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
    const state = matrix(dh, units);
    const intoCandidate = matrix(after(recurrent.gradient, pair), gates);
    const packing = room.place(0, {});
    // The operands of every moment are made here, once, so that a training step makes no objects.
    const steps = Array.from({ length: moments }, (_, t): Step => {
      const [z, candidate] = [zAt(t), zAt(t, pair)];
      return {
        moment: { ...recurrence.momentAt(t), kept: keptAt(t).at, dKept },
        toGates: { a: hAt(t - 1), packed: gatesPacked, c: z, start: z },
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
          const { moment, toGates, toCandidate } = steps[t]!;
          // The state before the first moment is zero, and so are its products.
          if (t > 0) kernels.matmulPacked(toGates, count, pair, units);
          kernels.gruGates(moment, count);
          if (t > 0) kernels.matmulPacked(toCandidate, count, units, units);
          kernels.gruForward(moment, count);
        }
      },
      backward(count) {
        kernels.transpose(gatesKernel, gatesTurned, units, gates);
        kernels.packMatrix(gatesTurned, gatesTurnedPacked, pair, units);
        kernels.packMatrix(candidateTurned, candidateTurnedPacked, units, units);
        for (let t = moments - 1; t >= 0; t--) {
          const { moment, toKept, toState } = steps[t]!;
          kernels.gruBackward(moment, count);
          kernels.matmulPacked(toKept, count, units, units);
          kernels.gruResetBackward(moment, count);
          // Before the first moment there is no state that could take a gradient.
          if (t === 0) break;
          kernels.matmulPacked(toState, count, units, pair);
          if (operation.sequences) {
            // The gradient of the state before also has the part of its own output.
            recurrence.gather(dyAt(t - 1), own, count);
            kernels.add(own, dh, count * units);
          }
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
