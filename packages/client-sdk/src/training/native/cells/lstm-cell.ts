import { arithmeticOf } from "../onnx/arithmetic.ts";
import { cellActivation, cellSlope } from "./cell-activation.ts";
import { joined, partsOf, type Cell, type CellContext } from "./cell.ts";
import { transposed } from "./moments.ts";

/** Writes an LSTM: see the fused trainer's `lstmLayer`, whose formulas these are. */
export function lstmCell({ graph, kernel, activation, gateActivation }: CellContext): Cell {
  const turned = transposed(graph, kernel);
  return {
    forward({ graph: body, gates, states: [, cell], multiplied }) {
      const { add, multiply } = arithmeticOf(body);
      const sums = partsOf(body, add(body.op("MatMul", [turned, multiplied]), gates), 4);
      const [input, forget, candidate, output] = sums.map((sum, gate) =>
        cellActivation(body, gate === 2 ? activation : gateActivation, sum),
      ) as [string, string, string, string];
      const next = add(multiply(forget, cell!), multiply(input, candidate));
      const bent = cellActivation(body, activation, next);
      return {
        states: [multiply(output, bent), next],
        kept: [input, forget, candidate, output, cell!, bent],
      };
    },
    slopes([input, forget, candidate, output, before, bent]) {
      const { multiply } = arithmeticOf(graph);
      const factors = joined(graph, [
        multiply(candidate!, cellSlope(graph, gateActivation, input!)),
        multiply(before!, cellSlope(graph, gateActivation, forget!)),
        multiply(input!, cellSlope(graph, activation, candidate!)),
        multiply(bent!, cellSlope(graph, gateActivation, output!)),
      ]);
      return [multiply(output!, cellSlope(graph, activation, bent!)), factors, forget!];
    },
    backward({ graph: body, states: [dh, dc], slopes: [ofCell, factors, forget] }) {
      const { add, multiply } = arithmeticOf(body);
      const dCell = add(dc!, multiply(dh!, ofCell!));
      const gates = multiply(joined(body, [dCell, dCell, dCell, dh!]), factors!);
      return {
        ...{ gates, multiplied: body.op("MatMul", [kernel, gates]) },
        ...{ states: [undefined, multiply(dCell, forget!)], products: [] },
      };
    },
    products: (multiplied, _, gradient) => [{ state: multiplied, gradient }],
  };
}
