import type { CellActivation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";

/** Writes an activation of a cell. */
export function cellActivation(graph: GraphWriter, name: CellActivation, x: string): string {
  switch (name) {
    case "tanh":
      return graph.op("Tanh", [x]);
    case "sigmoid":
      return graph.op("Sigmoid", [x]);
    case "hardSigmoid":
      return graph.op("HardSigmoid", [x], { alpha: { real: 0.2 }, beta: { real: 0.5 } });
    case "relu":
      return graph.op("Relu", [x]);
    case "linear":
      return x;
  }
}

/** Writes the slope of an activation where its value is y. */
export function cellSlope(graph: GraphWriter, name: CellActivation, y: string): string {
  const { above, multiply, square, subtract } = arithmeticOf(graph);
  switch (name) {
    case "tanh":
      return subtract(1, square(y));
    case "sigmoid":
      return multiply(y, subtract(1, y));
    case "hardSigmoid":
      return multiply(multiply(above(y, 0), above(1, y)), 0.2);
    case "relu":
      return above(y, 0);
    case "linear":
      return graph.op("Expand", [graph.scalar(1), graph.op("Shape", [y])]);
  }
}
