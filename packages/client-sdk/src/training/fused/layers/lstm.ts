import { MATMUL_SCRATCH } from "../kernels.ts";
import type { LayerOperation } from "../layer-node.ts";
import { inputGradient, inputGradientScratch } from "./input-gradient.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";

const inPanels = (columns: number): number => 8 * Math.ceil(columns / 8);

/** An LSTM over all moments of a sequence; gates in the order input, forget, candidate, output. */
export function lstmLayer({
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
  const gates = 4 * units;
  const hard = operation.hardGates ? 1 : 0;
  const kernel = parameter(operation.kernel);
  const recurrent = parameter(operation.recurrentKernel);
  const bias = operation.bias === undefined ? undefined : parameter(operation.bias);
  const { sequences } = operation;
  const z = allocate(capacity * moments * gates);
  const c = allocate(capacity * moments * units);
  const h = sequences ? output.values : allocate(capacity * moments * units);
  const dh = allocate(capacity * units);
  const dc = allocate(capacity * units);
  // The recurrent kernel turned over, and packed.
  const turnedSize = units * gates;
  const room = scratch(
    Math.max(
      MATMUL_SCRATCH + units * inPanels(gates),
      turnedSize + gates * inPanels(units),
      inputGradientScratch(capacity * moments, width, gates),
    ),
  );
  const zRow = moments * gates;
  const stateRow = moments * units;
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
      const rows = count * moments;
      const packed = room.place + MATMUL_SCRATCH;
      kernels.matmul(
        ...([input.values, width, 1, kernel.values, gates, z, gates] as const),
        ...([bias?.values ?? 0, 0, rows, gates, width, room.place] as const),
      );
      kernels.packMatrix(recurrent.values, gates, units, gates, packed);
      for (let t = 0; t < moments; t++) {
        const now = z + t * gates;
        const before = (t - 1) * units;
        if (t > 0) {
          kernels.matmulPacked(
            ...([h + before, stateRow, packed, now, zRow, now, zRow, count, gates, units] as const),
          );
        }
        kernels.lstmForward(
          ...([now, zRow, t === 0 ? 0 : c + before, c + t * units, h + t * units] as const),
          ...([stateRow, count, units, hard] as const),
        );
      }
      if (!sequences) copyMoment(h + (moments - 1) * units, stateRow, output.values, count);
    },
    backward(count) {
      const rows = count * moments;
      const dy = output.gradient;
      const packed = room.place + turnedSize;
      kernels.transpose(recurrent.values, gates, room.place, units, units, gates);
      kernels.packMatrix(room.place, units, gates, units, packed);
      const last = moments - 1;
      copyMoment(sequences ? dy + last * units : dy, sequences ? stateRow : units, dh, count);
      kernels.heap().fill(0, dc, dc + count * units);
      for (let t = last; t >= 0; t--) {
        const now = z + t * gates;
        if (t < last) {
          // dh of this moment: its own, and what comes back from the next one.
          const own = sequences ? dy + t * units : 0;
          kernels.matmulPacked(
            ...([now + gates, zRow, packed, dh, units, own, stateRow] as const),
            ...([count, units, gates] as const),
          );
        }
        kernels.lstmBackward(
          ...([now, zRow, t === 0 ? 0 : c + (t - 1) * units, c + t * units, stateRow] as const),
          ...([dh, dc, count, units, hard] as const),
        );
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

  /** Σ over examples, then moments, of h of the moment before × dz. */
  function recurrentGradient(count: number): void {
    const into = recurrent.gradient;
    kernels.heap().fill(0, into, into + units * gates);
    if (moments === 1) return;
    for (let example = 0; example < count; example++) {
      const states = h + example * stateRow;
      const slopes = z + example * zRow + gates;
      kernels.matmul(
        ...([states, 1, units, slopes, gates, into, gates, into, gates] as const),
        ...([units, gates, moments - 1, room.place] as const),
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
