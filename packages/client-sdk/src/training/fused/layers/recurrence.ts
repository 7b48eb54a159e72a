// What recurrent layers have in common: the input's part of the gates, the states of all moments, and
// the way of the gradient from the last moment to the first.
import type { Address } from "@tributary/protocol";
import type { LayerOperation } from "../compile/layer-node.ts";
import { after, matrix, ZEROS, type Matrix } from "../kernels/matrix.ts";
import { MATMUL_SCRATCH, type Product } from "../kernels/multiply-kernels.ts";
import type { RecurrentMoment } from "../kernels/sequence-kernels.ts";
import { denseLayer } from "./dense.ts";
import type { FusedLayer, LayerContext, NodeParameter } from "./layer.ts";
import { stateLinks, type StateLinks } from "./state-links.ts";

/** What a recurrent layer is built with. */
export type RecurrentContext = LayerContext<Extract<LayerOperation, { kind: "recurrent" }>>;

/** The memory of a recurrent layer. A moment is one element of the sequence. */
export interface Recurrence {
  /** The number of moments. */
  readonly moments: number;
  readonly units: number;
  /** The number of values in all the gates of one moment: units times gates of a unit. */
  readonly gates: number;
  /** The kernel that the state before is multiplied by, [units, gates]. */
  readonly recurrent: NodeParameter;
  /** The gradient of the state of one moment, [capacity, units]. */
  readonly dh: Address;
  /** The gates of all moments, [capacity, moments, gates]: from gate `first` on, at moment t. */
  readonly zAt: (t: number, first?: number) => Matrix;
  /**
   * The states of all moments, [capacity, moments, units]: at moment t, or zeros before the first.
   */
  readonly hAt: (t: number) => Matrix;
  /** How states go from one moment to the next. */
  readonly links: StateLinks;
  /** Where the gradient of the output at moment t is, or zeros where nobody uses that output. */
  readonly dyAt: (t: number) => Matrix;
  /** What the kernels need to know of moment t. */
  readonly momentAt: (t: number) => RecurrentMoment;
  /** The cell states of all moments, and the gradient of one, in a layer that has such states. */
  readonly cellAt: (t: number) => Matrix;
  readonly dc: Address;
  /** Adds the gradient of the output at moment t to dh, where others use that output. */
  readonly addOutputGradient: (t: number, count: number) => void;
  /** Copies rows of `units` values that may lie apart, so that they lie side by side. */
  readonly gather: (from: Matrix, to: Address, rows: number) => void;
}

/** What differs between the kinds of recurrent layers. */
export interface RecurrentCell {
  /** Computes the states of all moments. The gates hold what the input gives to them. */
  forward(count: number): void;
  /**
   * Puts the gradients of the gates into their place. `dh` holds the gradient of the last state.
   */
  backward(count: number): void;
  /** How many of the gates, counted from the first one, the state before is multiplied into. */
  readonly gatesOfState: number;
  /** Adds the columns of the other gates to the gradient of the recurrent kernel. */
  readonly addKernelGradient?: (count: number) => void;
}

/**
 * Builds a recurrent layer.
 * @param kind - How many gates a unit has, and whether it has a cell state besides its output.
 * @param buildCell - Builds the part that the kind of layer decides.
 */
export function recurrentLayer(
  context: RecurrentContext,
  { gatesPerUnit, hasCellState = false }: { gatesPerUnit: number; hasCellState?: boolean },
  buildCell: (recurrence: Recurrence) => RecurrentCell,
): FusedLayer {
  const { operation, output } = context;
  const recurrence = layOut(context, gatesPerUnit, hasCellState);
  const { moments, units, gates, recurrent, dh, links } = recurrence;
  const last = moments - 1;
  const across = inputToGates(context, recurrence);
  const cell = buildCell(recurrence);
  const isTrained = recurrent.gradient !== 0;
  const stateGradient = isTrained ? kernelGradient(context, recurrence, cell) : undefined;
  const through = 2 * moments * units * gates;
  return {
    operations: {
      forward: across.operations.forward + through,
      backward: across.operations.backward + (isTrained ? 2 : 1) * through,
    },
    startTraining: (random) => links.startTraining(random),
    forward(count, pass) {
      across.forward(count, pass);
      links.begin(count, pass);
      cell.forward(count);
      if (!operation.sequences) recurrence.gather(recurrence.hAt(last), output.values, count);
    },
    backward(count) {
      recurrence.gather(recurrence.dyAt(last), dh, count);
      cell.backward(count);
      stateGradient?.(count);
      // The gates hold their gradient now, from which the dense layer computes the rest.
      across.backward(count);
    },
  };
}

/** Allocates the memory of a recurrent layer. */
function layOut(
  { kernels, operation, inputs, output, capacity, parameter, allocate }: RecurrentContext,
  gatesPerUnit: number,
  hasCellState: boolean,
): Recurrence {
  const moments = inputs[0].shape[0]!;
  const units = output.shape.at(-1)!;
  const gates = gatesPerUnit * units;
  const { sequences, activation, gateActivation } = operation;
  const z = allocate(capacity * moments * gates);
  const statesAt =
    (states: Address) =>
    (t: number): Matrix =>
      matrix(after(states, t * units), moments * units);
  const h = statesAt(sequences ? output.values : allocate(capacity * moments * units));
  const dy = output.gradient;
  const dyAt = (t: number): Matrix => {
    if (sequences) return statesAt(dy)(t);
    return t === moments - 1 ? matrix(dy, units) : ZEROS;
  };
  const hAt = (t: number): Matrix => (t < 0 ? ZEROS : h(t));
  const zAt = (t: number, first = 0): Matrix =>
    matrix(after(z, t * gates + first), moments * gates);
  const dh = allocate(capacity * units);
  const dc = hasCellState ? allocate(capacity * units) : 0;
  const cells = statesAt(hasCellState ? allocate(capacity * moments * units) : 0);
  const gather: Recurrence["gather"] = (from, to, rows) => {
    for (let row = 0; row < rows; row++) {
      kernels.copy(after(from.at, row * from.row), after(to, row * units), units);
    }
  };
  // Room for the gradient of one moment's output, whose rows lie apart in the output.
  const own = sequences ? allocate(capacity * units) : 0;
  const addOutputGradient = (t: number, count: number): void => {
    if (!sequences) return;
    gather(dyAt(t), own, count);
    kernels.add(own, dh, count * units);
  };
  const links = stateLinks(
    kernels,
    { rate: operation.stateDropout, mask: inputs[1]?.values ?? 0, capacity },
    {
      ...{ moments, units, gates, zAt, hAt, dh, dc, addOutputGradient },
      states: hasCellState ? [hAt, cells] : [hAt],
    },
    allocate,
  );
  return {
    ...{ moments, units, gates, recurrent: parameter(operation.recurrentKernel), dh, dc },
    ...{ zAt, hAt, dyAt, cellAt: cells, links, gather, addOutputGradient },
    momentAt: (t) => ({
      ...{ z: zAt(t), before: hAt(t - 1), h: hAt(t), dh, units, activation, gateActivation },
    }),
  };
}

/**
 * Builds the layer that computes what the input gives to the gates of all moments at once, before
 * the states are added: a dense layer whose outputs and whose gradient are both at z.
 */
function inputToGates(context: RecurrentContext, { moments, gates, zAt }: Recurrence): FusedLayer {
  const { kernel, bias } = context.operation;
  const z = zAt(0).at;
  const output = { values: z, gradient: z, size: moments * gates, shape: [moments, gates] };
  return denseLayer({ ...context, operation: { kind: "dense", kernel, bias }, output });
}

/**
 * Makes a function that computes the gradient of the recurrent kernel: for the gates that take the
 * state before, the sum of state × dz over the examples and, within an example, over the moments.
 */
function kernelGradient(
  { kernels, capacity, scratch }: RecurrentContext,
  { moments, units, gates, recurrent, zAt, links }: Recurrence,
  { gatesOfState, addKernelGradient }: RecurrentCell,
): (count: number) => void {
  const into = matrix(recurrent.gradient, gates);
  const packing = scratch(MATMUL_SCRATCH).place(0, {});
  const [states, slopes] = [links.multipliedAt(0), zAt(1)];
  const products = Array.from({ length: capacity }, (_, example): Product => ({
    // The transpose of the example's states, [units, moments − 1], and the slopes of the moments
    // after them.
    a: matrix(after(states.at, example * states.row), 1, units),
    b: matrix(after(slopes.at, example * slopes.row), gates),
    c: into,
    start: into,
    scratch: packing,
  }));
  return (count) => {
    kernels.fill(into.at, units * gates, 0);
    if (moments === 1) return;
    for (let example = 0; example < count; example++) {
      kernels.matmul(products[example]!, units, gatesOfState, moments - 1);
    }
    addKernelGradient?.(count);
  };
}
