import { MATMUL_SCRATCH, inPanels } from "../kernels.ts";
import type { LayerOperation } from "../layer-node.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";
import { copyMoment, inputToGates } from "./moments.ts";

/** An LSTM over all moments of a sequence; gates in the order input, forget, candidate, output. */
export function lstmLayer(
  context: LayerContext<Extract<LayerOperation, { kind: "recurrent" }>>,
): FusedLayer {
  const { kernels, operation, inputs, output, capacity, parameter, allocate, scratch } = context;
  const moments = inputs[0].shape[0]!;
  const units = output.shape.at(-1)!;
  const gates = 4 * units;
  const hard = operation.hardGates ? 1 : 0;
  const recurrent = parameter(operation.recurrentKernel);
  const { sequences } = operation;
  const z = allocate(capacity * moments * gates);
  const c = allocate(capacity * moments * units);
  const h = sequences ? output.values : allocate(capacity * moments * units);
  const dh = allocate(capacity * units);
  const dc = allocate(capacity * units);
  // The recurrent kernel turned over, and packed.
  const turnedSize = units * gates;
  const room = scratch(
    Math.max(MATMUL_SCRATCH + units * inPanels(gates), turnedSize + gates * inPanels(units)),
  );
  const across = inputToGates(context, z, gates);
  const zRow = moments * gates;
  const stateRow = moments * units;
  const through = 2 * moments * units * gates;
  const isTrained = recurrent.gradient !== 0;
  return {
    operations: {
      forward: across.operations.forward + through,
      backward: across.operations.backward + (isTrained ? 2 : 1) * through,
    },
    forward(count, pass) {
      const packed = room.place + MATMUL_SCRATCH;
      across.forward(count, pass);
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
      if (!sequences) {
        copyMoment(kernels, h + (moments - 1) * units, stateRow, output.values, [count, units]);
      }
    },
    backward(count) {
      const dy = output.gradient;
      const packed = room.place + turnedSize;
      kernels.transpose(recurrent.values, gates, room.place, units, units, gates);
      kernels.packMatrix(room.place, units, gates, units, packed);
      const last = moments - 1;
      const [end, endRow] = sequences ? [dy + last * units, stateRow] : [dy, units];
      copyMoment(kernels, end, endRow, dh, [count, units]);
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
      if (isTrained) recurrentGradient(count);
      across.backward(count);
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
}
