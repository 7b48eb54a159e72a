import { arithmeticOf } from "../onnx/arithmetic.ts";
import { cellActivation, cellSlope } from "./cell-activation.ts";
import type { Cell, CellContext } from "./cell.ts";
import { transposed } from "./moments.ts";

/** Writes a cell without gates: see the fused trainer's `simpleRnnLayer`. */
export function simpleCell({ graph, kernel, activation }: CellContext): Cell {
  const turned = transposed(graph, kernel);
  return {
    forward({ graph: body, gates, multiplied }) {
      const { add } = arithmeticOf(body);
      const sum = add(body.op("MatMul", [turned, multiplied]), gates);
      const state = cellActivation(body, activation, sum);
      return { states: [state], kept: [state] };
    },
    slopes: ([state]) => [cellSlope(graph, activation, state!)],
    backward({ graph: body, states: [dh], slopes: [slope] }) {
      const { multiply } = arithmeticOf(body);
      const gates = multiply(dh!, slope!);
      return {
        ...{ gates, multiplied: body.op("MatMul", [kernel, gates]) },
        ...{ states: [undefined], products: [] },
      };
    },
    products: (multiplied, _, gradient) => [{ state: multiplied, gradient }],
  };
}
