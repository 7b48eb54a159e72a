import { MATMUL_SCRATCH, inPanels } from "../kernels.ts";
import type { LayerOperation } from "../layer-node.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";
import { copyMoment, inputToGates } from "./moments.ts";

/**
 * A GRU over all moments of a sequence, in its first form: the reset acts on the state before it is multiplied. Gates
 * in the order update, reset, candidate.
 */
export function gruLayer(
  context: LayerContext<Extract<LayerOperation, { kind: "recurrent" }>>,
): FusedLayer {
  const { kernels, operation, inputs, output, capacity, parameter, allocate, scratch } = context;
  const moments = inputs[0].shape[0]!;
  const units = output.shape.at(-1)!;
  const [gates, pair] = [3 * units, 2 * units];
  const hard = operation.hardGates ? 1 : 0;
  const recurrent = parameter(operation.recurrentKernel);
  const { sequences } = operation;
  const z = allocate(capacity * moments * gates);
  const h = sequences ? output.values : allocate(capacity * moments * units);
  /** reset · state before, by moment: [moments, capacity, units]. */
  const kept = allocate(moments * capacity * units);
  const dh = allocate(capacity * units);
  const dKept = allocate(capacity * units);
  const own = allocate(capacity * units);
  const packedSize = Math.max(units * (inPanels(pair) + inPanels(units)), gates * inPanels(units));
  const room = scratch(MATMUL_SCRATCH + packedSize + gates * units);
  const across = inputToGates(context, z, gates);
  const zRow = moments * gates;
  const stateRow = moments * units;
  const keptAt = (t: number): number => kept + t * capacity * units;
  const through = 2 * moments * units * gates;
  const isTrained = recurrent.gradient !== 0;
  return {
    operations: {
      forward: across.operations.forward + through,
      backward: across.operations.backward + (isTrained ? 2 : 1) * through,
    },
    forward(count, pass) {
      const gatesPacked = room.place + MATMUL_SCRATCH;
      const candidatePacked = gatesPacked + units * inPanels(pair);
      across.forward(count, pass);
      kernels.packMatrix(recurrent.values, gates, units, pair, gatesPacked);
      kernels.packMatrix(recurrent.values + pair, gates, units, units, candidatePacked);
      for (let t = 0; t < moments; t++) {
        const now = z + t * gates;
        const before = t === 0 ? 0 : h + (t - 1) * units;
        if (t > 0) {
          kernels.matmulPacked(
            ...([before, stateRow, gatesPacked, now, zRow, now, zRow, count, pair, units] as const),
          );
        }
        kernels.gruGates(now, zRow, before, stateRow, keptAt(t), count, units, hard);
        if (t > 0) {
          const candidate = now + pair;
          kernels.matmulPacked(
            ...([keptAt(t), units, candidatePacked, candidate, zRow, candidate, zRow] as const),
            ...([count, units, units] as const),
          );
        }
        kernels.gruForward(now, zRow, before, h + t * units, stateRow, count, units);
      }
      if (!sequences) {
        copyMoment(kernels, h + (moments - 1) * units, stateRow, output.values, [count, units]);
      }
    },
    backward(count) {
      const dy = output.gradient;
      const turned = room.place + MATMUL_SCRATCH;
      const gatesPacked = turned + gates * units;
      const candidatePacked = gatesPacked + pair * inPanels(units);
      kernels.transpose(recurrent.values, gates, turned, units, units, gates);
      kernels.packMatrix(turned, units, pair, units, gatesPacked);
      kernels.packMatrix(turned + pair * units, units, units, units, candidatePacked);
      const last = moments - 1;
      const [end, endRow] = sequences ? [dy + last * units, stateRow] : [dy, units];
      copyMoment(kernels, end, endRow, dh, [count, units]);
      for (let t = last; t >= 0; t--) {
        const now = z + t * gates;
        const before = t === 0 ? 0 : h + (t - 1) * units;
        kernels.gruBackward(now, zRow, before, stateRow, dh, count, units, hard);
        kernels.matmulPacked(
          ...([now + pair, zRow, candidatePacked, dKept, units, 0, 0] as const),
          ...([count, units, units] as const),
        );
        kernels.gruResetBackward(now, zRow, before, stateRow, dKept, dh, count, units, hard);
        if (t === 0) break;
        kernels.matmulPacked(
          ...([now, zRow, gatesPacked, dh, units, dh, units, count, units, pair] as const),
        );
        if (sequences) {
          copyMoment(kernels, dy + (t - 1) * units, stateRow, own, [count, units]);
          kernels.add(own, dh, count * units);
        }
      }
      if (isTrained) recurrentGradient(count);
      across.backward(count);
    },
  };

  /** Gates: Σ over examples, then moments. Candidate: Σ over moments, then examples. */
  function recurrentGradient(count: number): void {
    const into = recurrent.gradient;
    kernels.heap().fill(0, into, into + units * gates);
    if (moments === 1) return;
    for (let example = 0; example < count; example++) {
      const states = h + example * stateRow;
      const slopes = z + example * zRow + gates;
      kernels.matmul(
        ...([states, 1, units, slopes, gates, into, gates, into, gates] as const),
        ...([units, pair, moments - 1, room.place] as const),
      );
    }
    const candidate = into + pair;
    for (let t = 1; t < moments; t++) {
      const slopes = z + t * gates + pair;
      kernels.matmul(
        ...([keptAt(t), 1, units, slopes, zRow, candidate, gates, candidate, gates] as const),
        ...([units, units, count, room.place] as const),
      );
    }
  }
}
