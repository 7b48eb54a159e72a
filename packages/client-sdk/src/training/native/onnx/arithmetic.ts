import type { GraphWriter } from "./graph-writer.ts";

/** A value of the graph, or a number. */
export type Operand = string | number;

/** Operators that compute value by value, with the names of formulas. */
export interface Arithmetic {
  readonly add: (a: Operand, b: Operand) => string;
  readonly subtract: (a: Operand, b: Operand) => string;
  readonly multiply: (a: Operand, b: Operand) => string;
  readonly divide: (a: Operand, b: Operand) => string;
  readonly least: (a: Operand, b: Operand) => string;
  readonly most: (a: Operand, b: Operand) => string;
  readonly square: (x: string) => string;
  readonly one: (operator: Unary, x: string) => string;
  /** `a` where x is above `bound`, and `b` elsewhere. */
  readonly whereAbove: (x: Operand, bound: Operand, a: Operand, b: Operand) => string;
  /** 1 where x is above `bound`, and 0 elsewhere. */
  readonly above: (x: Operand, bound: Operand) => string;
  /** The sum over some axes, which stay with a size of 1. */
  readonly sum: (x: string, axes: readonly number[]) => string;
  readonly mean: (x: string, axes: readonly number[]) => string;
  /** The sum over all values, without axes. */
  readonly total: (x: string) => string;
}

/** Operators of one operand. */
type Unary =
  | "Abs"
  | "Erf"
  | "Exp"
  | "Log"
  | "Neg"
  | "Reciprocal"
  | "Sigmoid"
  | "Sign"
  | "Sqrt"
  | "Tanh";

/** Makes the operators of a graph. */
export function arithmeticOf(graph: GraphWriter): Arithmetic {
  const valueOf = (operand: Operand): string =>
    typeof operand === "number" ? graph.scalar(operand) : operand;
  const binary =
    (type: string) =>
    (a: Operand, b: Operand): string =>
      graph.op(type, [valueOf(a), valueOf(b)]);
  const reduced =
    (type: string) =>
    (x: string, axes: readonly number[]): string =>
      graph.op(type, [x, graph.ints(axes)], { keepdims: 1 });
  const multiply = binary("Mul");
  const isAbove = binary("Greater");
  return {
    ...{ add: binary("Add"), subtract: binary("Sub"), multiply, divide: binary("Div") },
    ...{ least: binary("Min"), most: binary("Max"), square: (x) => multiply(x, x) },
    one: (operator, x) => graph.op(operator, [x]),
    whereAbove: (x, bound, a, b) => graph.op("Where", [isAbove(x, bound), valueOf(a), valueOf(b)]),
    // 1 is the type FLOAT.
    above: (x, bound) => graph.op("Cast", [isAbove(x, bound)], { to: 1 }),
    ...{ sum: reduced("ReduceSum"), mean: reduced("ReduceMean") },
    total: (x) => graph.op("ReduceSum", [x], { keepdims: 0 }),
  };
}
