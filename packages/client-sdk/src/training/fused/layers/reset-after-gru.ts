import type { Address } from "@tributary/protocol";
import { after, matrix, repeatedRow, type Matrix } from "../kernels/matrix.ts";
import {
  inPanels,
  MATMUL_SCRATCH,
  type PackedProduct,
  type Product,
} from "../kernels/multiply-kernels.ts";
import type { GruMoment } from "../kernels/sequence-kernels.ts";
import type { FusedLayer, NodeParameter } from "./layer.ts";
import {
  recurrentLayer,
  type Recurrence,
  type RecurrentCell,
  type RecurrentContext,
} from "./recurrence.ts";

/** One moment with the products of its states. */
interface Step {
  readonly moment: GruMoment;
  /** The same moment with what the reset acts on as its state before. */
  readonly inner: GruMoment;
  /** Adds the state before times the recurrent kernel to the gates update and reset. */
  readonly toGates: PackedProduct;
  /** What the reset acts on: the state before times the recurrent kernel, plus its bias. */
  readonly toInner: PackedProduct;
  /** Add what the gates, and what the reset acts on, give back to the gradient of the state. */
  readonly gatesToState: PackedProduct;
  readonly innerToState: PackedProduct;
  /** Adds this moment's part to the gradient of the candidate's columns of the recurrent kernel. */
  readonly candidateGradient: Product;
  /** The candidate, and the gradient of what the reset acts on. */
  readonly candidate: Matrix;
  readonly dInner: Address;
}

/**
 * Builds a GRU in its second form, the default of Keras: the reset acts on the state before after
 * the state is multiplied, and the recurrent kernel has a bias c of its own. With U for the recurrent
 * kernel and x for the input's part of a gate:
 *
 *     z = σ(x_z + h₋₁·U_z + c_z)        r = σ(x_r + h₋₁·U_r + c_r)
 *     g = tanh(x_g + r · (h₋₁·U_g + c_g))        h = z · h₋₁ + (1 − z) · g
 *
 * The kernels are those of the first form: its reset acts on h₋₁·U_g + c_g here, and what it lets
 * through is added to the candidate.
 */
export function resetAfterGruLayer(context: RecurrentContext): FusedLayer {
  const { kernels, operation, output, allocate } = context;
  const units = output.shape.at(-1)!;
  const [gates, pair] = [3 * units, 2 * units];
  // The parameter is [2, gates]: the bias of the input, and that of the state.
  const biases = operation.bias === undefined ? undefined : context.parameter(operation.bias);
  const stateBias = biases === undefined ? 0 : after(biases.values, gates);
  // Both biases of the gates update and reset are added to the same sum.
  const sum: NodeParameter = {
    values: allocate(gates),
    gradient: biases === undefined || biases.gradient === 0 ? 0 : allocate(gates),
  };
  const innerBias = allocate(units);
  const dInnerBias = allocate(units);
  const layer = recurrentLayer(
    {
      ...context,
      parameter: (name) => (name === operation.bias ? sum : context.parameter(name)),
    },
    { gatesPerUnit: 3 },
    (recurrence) => buildCell(context, recurrence, { values: innerBias, gradient: dInnerBias }),
  );
  return {
    ...layer,
    forward(count, pass) {
      if (biases !== undefined) {
        kernels.copy(biases.values, sum.values, gates);
        const values = kernels.values(sum.values, pair);
        kernels.values(stateBias, pair).forEach((value, i) => (values[i] = values[i]! + value));
        kernels.copy(after(stateBias, pair), innerBias, units);
      }
      layer.forward(count, pass);
    },
    backward(count) {
      layer.backward(count);
      if (biases === undefined || biases.gradient === 0) return;
      kernels.copy(sum.gradient, biases.gradient, gates);
      kernels.copy(sum.gradient, after(biases.gradient, gates), pair);
      kernels.copy(dInnerBias, after(biases.gradient, gates + pair), units);
    },
  };
}

/** Builds the part that differs from other recurrent layers. @param bias - c_g, and its gradient. */
function buildCell(
  { kernels, capacity, allocate, scratch }: RecurrentContext,
  recurrence: Recurrence,
  bias: NodeParameter,
): RecurrentCell {
  const { moments, units, gates, recurrent, dh, zAt, links } = recurrence;
  const pair = 2 * units;
  const row = moments * units;
  // What the reset acts on lies like the states, as the kernels expect it.
  const inner = allocate(capacity * row);
  const innerAt = (t: number): Matrix => matrix(after(inner, t * units), row);
  const dInner = allocate(capacity * row);
  const dInnerAt = (t: number): Address => after(dInner, t * capacity * units);
  const [kept, dKept, own] = [1, 2, 3].map(() => allocate(capacity * units)) as [
    Address,
    Address,
    Address,
  ];
  const through = links.areStraight ? dh : allocate(capacity * units);
  const turnedSize = gates * units;
  const room = scratch(
    MATMUL_SCRATCH + turnedSize + gates * inPanels(units) + units * inPanels(pair),
  );
  const gatesKernel = matrix(recurrent.values, gates);
  const candidateKernel = matrix(after(recurrent.values, pair), gates);
  // Packed for the way forwards, or transposed and packed for the way backwards.
  const turned = { row: units, step: 1 };
  const gatesTurned: Matrix = room.place(MATMUL_SCRATCH, turned);
  const candidateTurned: Matrix = room.place(MATMUL_SCRATCH + pair * units, turned);
  const packedAt = MATMUL_SCRATCH + turnedSize;
  const candidatePacked = room.place(packedAt, {});
  const gatesPacked = room.place(packedAt + units * inPanels(units), {});
  const state = matrix(through, units);
  const into = matrix(after(recurrent.gradient, pair), gates);
  const packing = room.place(0, {});
  const one = [1, 1, units] as const;
  const steps = Array.from({ length: moments }, (_, t): Step => {
    const [z, candidate] = [zAt(t), zAt(t, pair)];
    const moment = { ...recurrence.momentAt(t), kept, dKept };
    const before = links.multipliedAt(t - 1);
    const dInnerMatrix = matrix(dInnerAt(t), units);
    return {
      ...{ moment, inner: { ...moment, before: innerAt(t), dh: dInnerAt(t) }, candidate },
      ...{ dInner: dInnerAt(t) },
      toGates: { a: before, packed: gatesPacked, c: z, start: z },
      toInner: {
        ...{ a: before, packed: candidatePacked, c: innerAt(t), start: repeatedRow(bias.values) },
      },
      gatesToState: { a: z, packed: gatesPacked, c: state, start: state },
      innerToState: { a: dInnerMatrix, packed: candidatePacked, c: state, start: state },
      candidateGradient: {
        // The transpose of what was multiplied.
        ...{ a: matrix(before.at, 1, before.row), b: dInnerMatrix, c: into, start: into },
        scratch: packing,
      },
    };
  });
  const rows = (at: Address, stride: number) => ({ at, strides: [stride, 0, 0, 1] }) as const;
  return {
    gatesOfState: pair,
    forward(count) {
      kernels.packMatrix(gatesKernel, gatesPacked, units, pair);
      kernels.packMatrix(candidateKernel, candidatePacked, units, units);
      for (let t = 0; t < moments; t++) {
        const { moment, inner: acted, toGates, toInner, candidate } = steps[t]!;
        if (t > 0) {
          kernels.matmulPacked(toGates, count, pair, units);
          kernels.matmulPacked(toInner, count, units, units);
        } else {
          // The state before the first moment is zero, and so are its products.
          kernels.arrange(rows(bias.values, 0), rows(acted.before.at, row), one, count);
        }
        kernels.gruGates(acted, count);
        kernels.addArranged(rows(kept, units), rows(candidate.at, candidate.row), one, count);
        kernels.gruForward(moment, count);
        links.settle(t, count);
      }
    },
    backward(count) {
      kernels.transpose(gatesKernel, gatesTurned, units, gates);
      kernels.packMatrix(gatesTurned, gatesPacked, pair, units);
      kernels.packMatrix(candidateTurned, candidatePacked, units, units);
      kernels.fill(bias.gradient, units, 0);
      for (let t = moments - 1; t >= 0; t--) {
        const step = steps[t]!;
        links.hold(t, count);
        kernels.gruBackward(step.moment, count);
        links.release(t, count);
        const { candidate } = step;
        kernels.arrange(rows(candidate.at, candidate.row), rows(dKept, units), one, count);
        kernels.fill(step.dInner, count * units, 0);
        kernels.gruResetBackward(step.inner, count);
        kernels.columnSums(step.dInner, count, units, own);
        kernels.add(own, bias.gradient, units);
        // Before the first moment there is no state that could take a gradient.
        if (t === 0) break;
        if (!links.areStraight) kernels.fill(through, count * units, 0);
        kernels.matmulPacked(step.gatesToState, count, units, pair);
        kernels.matmulPacked(step.innerToState, count, units, units);
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
}
