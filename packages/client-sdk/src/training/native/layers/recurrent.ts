import {
  GATES_PER_UNIT,
  type LayerOperation,
  type RecurrentCellName,
} from "../../fused/compile/layer-node.ts";
import { denseGraph } from "./dense.ts";
import { asRows } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";
import type { Cell, CellContext } from "../cells/cell.ts";
import { gruCell, resetAfterGruCell } from "../cells/gru-cell.ts";
import { lstmCell } from "../cells/lstm-cell.ts";
import { gateBiases } from "./gate-biases.ts";
import { sumOfProducts, toColumns, toRows, transposed, zeroColumns } from "../cells/moments.ts";
import { backwardScan, forwardScan } from "../cells/scans.ts";
import { simpleCell } from "../cells/simple-cell.ts";
import { stateLinks } from "../cells/state-links.ts";

const CELLS: Readonly<Record<RecurrentCellName, (context: CellContext) => Cell>> = {
  ...{ lstm: lstmCell, gru: gruCell, resetAfterGru: resetAfterGruCell, simple: simpleCell },
};

/**
 * Writes a recurrent layer. What the input gives to the gates is one product for all moments. The
 * rest goes moment by moment, in a scan forwards and another one backwards.
 */
export function recurrentGraph(
  context: LayerContext<Extract<LayerOperation, { kind: "recurrent" }>>,
): LayerGraph {
  const { graph, operation, inputs, shape, training, parameter } = context;
  const { sequences, stateDropout: rate, activation, gateActivation } = operation;
  const [input, mask] = inputs;
  const [moments, units] = [input.shape[0]!, shape.at(-1)!];
  const gates = GATES_PER_UNIT[operation.cell] * units;
  const { ofInput, ofState } = gateBiases(context);
  const across = denseGraph({
    ...{ ...context, inputs: [input], shape: [moments, gates] },
    operation: { kind: "dense", kernel: operation.kernel, bias: operation.bias },
    parameter: (name) => (name === operation.bias ? ofInput! : parameter(name)),
  });
  const kernel = parameter(operation.recurrentKernel);
  const cell = CELLS[operation.cell]({
    ...{ graph, units, kernel: kernel.name, stateBias: ofState?.name },
    ...{ activation, gateActivation },
  });
  const factors = training && rate > 0 ? context.dropped(rate, [units]).name : undefined;
  const flags = mask === undefined ? undefined : asRows(graph, mask).name;
  const sums = toColumns(graph, across.output.name);
  const zeros = zeroColumns(graph, sums, units);
  const recurrence = {
    ...{ graph, cell, links: stateLinks(graph, factors, flags), sequences },
    noStates: operation.cell === "lstm" ? [zeros, zeros] : [zeros],
  };
  const forward = forwardScan(recurrence, sums, training);
  const { last, outputs, multiplied, kept } = forward;
  const output = outputs === undefined ? transposed(graph, last) : toRows(graph, outputs);
  return {
    output: { name: output, shape, order: "rows" },
    backward(gradient, needed) {
      const dy = asRows(graph, gradient).name;
      const columns = sequences ? toColumns(graph, dy) : transposed(graph, dy);
      const { gates: dGates, products } = backwardScan(recurrence, forward, columns);
      if (kernel.isTrained) {
        kernel.addGradient({
          write() {
            const parts = cell
              .products(multiplied, kept, dGates, products)
              .map((part) => sumOfProducts(graph, part));
            return parts.length === 1 ? parts[0]! : graph.op("Concat", parts, { axis: 1 });
          },
        });
      }
      if (ofState?.isTrained === true) {
        const axes = graph.ints([0, 2]);
        ofState.addGradient({
          write: () => graph.op("ReduceSum", [products[0]!, axes], { keepdims: 0 }),
        });
      }
      const dSums = { name: toRows(graph, dGates), shape: [moments, gates] };
      return across.backward({ ...dSums, order: "rows" }, needed);
    },
  };
}
