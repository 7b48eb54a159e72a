import { MATMUL_SCRATCH } from "../kernels.ts";
import type { LayerOperation } from "../layer-node.ts";
import { inputGradient, inputGradientScratch } from "./input-gradient.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

const inPanels = (columns: number): number => 8 * Math.ceil(columns / 8);

/**
 * A GRU over all moments of a sequence, in its first form: the reset acts on the state before it is multiplied. Gates
 * in the order update, reset, candidate.
 */
export function gruLayer({
  kernels,
  operation,
  inputs: [input],
  output,
  capacity,
  parameter,
  allocate,
  scratch,
}: LayerContext<Extract<LayerOperation, { kind: "recurrent" }>>): FusedLayer {
  const [moments, width] = input.shape as [number, number];
  const units = output.shape.at(-1)!;
  const [gates, pair] = [3 * units, 2 * units];
  const hard = operation.hardGates ? 1 : 0;
  const kernel = parameter(operation.kernel);
  const recurrent = parameter(operation.recurrentKernel);
  const bias = operation.bias === undefined ? undefined : parameter(operation.bias);
  const { sequences } = operation;
  const z = allocate(capacity * moments * gates);
  const h = sequences ? output.values : allocate(capacity * moments * units);
  /** reset · state before, by moment: [moments, capacity, units]. */
  const kept = allocate(moments * capacity * units);
  const dh = allocate(capacity * units);
  const dKept = allocate(capacity * units);
  const own = allocate(capacity * units);
  const packedSize = Math.max(units * (inPanels(pair) + inPanels(units)), gates * inPanels(units));
  const room = scratch(
    Math.max(
      MATMUL_SCRATCH + packedSize + gates * units,
      inputGradientScratch(capacity * moments, width, gates),
    ),
  );
  const zRow = moments * gates;
  const stateRow = moments * units;
  const keptAt = (t: number): number => kept + t * capacity * units;
  const through = 2 * moments * units * gates;
  const across = 2 * moments * width * gates;
  const isTrained = kernel.gradient !== 0;
  const hasSource = input.gradient !== 0;
  return {
    operations: {
      forward: across + through,
      backward: through + (isTrained ? across + through : 0) + (hasSource ? across : 0),
    },
    forward(count) {
      const gatesPacked = room.place + MATMUL_SCRATCH;
      const candidatePacked = gatesPacked + units * inPanels(pair);
      kernels.matmul(
        ...([
          input.values,
          width,
          1,
          kernel.values,
          gates,
          z,
          gates,
          bias?.values ?? 0,
          0,
        ] as const),
        ...([count * moments, gates, width, room.place] as const),
      );
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
      if (!sequences) copyMoment(h + (moments - 1) * units, stateRow, output.values, count);
    },
    backward(count) {
      const rows = count * moments;
      const dy = output.gradient;
      const turned = room.place + MATMUL_SCRATCH;
      const gatesPacked = turned + gates * units;
      const candidatePacked = gatesPacked + pair * inPanels(units);
      kernels.transpose(recurrent.values, gates, turned, units, units, gates);
      kernels.packMatrix(turned, units, pair, units, gatesPacked);
      kernels.packMatrix(turned + pair * units, units, units, units, candidatePacked);
      const last = moments - 1;
      copyMoment(sequences ? dy + last * units : dy, sequences ? stateRow : units, dh, count);
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
          copyMoment(dy + (t - 1) * units, stateRow, own, count);
          kernels.add(own, dh, count * units);
        }
      }
      if (isTrained) {
        kernels.matmul(
          ...([input.values, 1, width, z, gates, kernel.gradient, gates, 0, 0] as const),
          ...([width, gates, rows, room.place] as const),
        );
        recurrentGradient(count);
      }
      if (bias !== undefined && bias.gradient !== 0) {
        kernels.columnSums(z, rows, gates, bias.gradient);
      }
      if (hasSource) {
        const sizes = [rows, width, gates] as const;
        inputGradient(kernels, z, kernel.values, input.gradient, sizes, room.place);
      }
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

  /** Rows of `units` values that lie apart, side by side. */
  function copyMoment(from: number, fromRow: number, to: number, count: number): void {
    const heap = kernels.heap();
    for (let row = 0; row < count; row++) {
      const start = from + row * fromRow;
      heap.copyWithin(to + row * units, start, start + units);
    }
  }
}
