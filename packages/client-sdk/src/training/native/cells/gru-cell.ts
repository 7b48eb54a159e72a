import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { cellActivation, cellSlope } from "./cell-activation.ts";
import { joined, kernelColumns, partsOf, type Cell, type CellContext } from "./cell.ts";
import { transposed } from "./moments.ts";

/**
 * Writes a GRU in its first form, whose reset acts on the state before the state is multiplied: see
 * the fused trainer's `gruLayer`, whose formulas these are.
 */
export function gruCell(context: CellContext): Cell {
  const { graph, units, activation, gateActivation } = context;
  const pair = kernelColumns(context, 0, 2 * units);
  const third = kernelColumns(context, 2 * units, units);
  const [pairTurned, thirdTurned] = [transposed(graph, pair), transposed(graph, third)];
  return {
    forward({ graph: body, gates, states: [before], multiplied }) {
      const { add, multiply } = arithmeticOf(body);
      const [x, inner] = body.ops(
        "Split",
        [gates, graph.ints([2 * units, units])],
        { axis: -2 },
        2,
      );
      const sums = add(body.op("MatMul", [pairTurned, multiplied]), x!);
      const [update, reset] = partsOf(body, cellActivation(body, gateActivation, sums), 2);
      const kept = multiply(reset!, multiplied);
      const sum = add(body.op("MatMul", [thirdTurned, kept]), inner!);
      const candidate = cellActivation(body, activation, sum);
      return {
        states: [mixed(body, update!, before!, candidate)],
        kept: [update!, reset!, candidate, before!, kept],
      };
    },
    slopes: ([update, reset, candidate, before], multiplied) => [
      ...mixedSlopes(context, update!, before!, candidate!),
      arithmeticOf(graph).multiply(multiplied, cellSlope(graph, gateActivation, reset!)),
      ...[update!, reset!],
    ],
    backward({
      graph: body,
      states: [dh],
      slopes: [ofUpdate, ofCandidate, ofReset, update, reset],
    }) {
      const { add, multiply } = arithmeticOf(body);
      const dCandidate = multiply(dh!, ofCandidate!);
      const dKept = body.op("MatMul", [third, dCandidate]);
      const dPair = joined(body, [multiply(dh!, ofUpdate!), multiply(dKept, ofReset!)]);
      return {
        gates: joined(body, [dPair, dCandidate]),
        multiplied: add(body.op("MatMul", [pair, dPair]), multiply(dKept, reset!)),
        ...{ states: [multiply(dh!, update!)], products: [dPair, dCandidate] },
      };
    },
    products: (multiplied, [, , , , kept], _, [dPair, dCandidate]) => [
      { state: multiplied, gradient: dPair! },
      { state: kept!, gradient: dCandidate! },
    ],
  };
}

/**
 * Writes a GRU in its second form, whose reset acts on the state after the state is multiplied: see
 * the fused trainer's `resetAfterGruLayer`.
 */
export function resetAfterGruCell(context: CellContext): Cell {
  const { graph, kernel, stateBias, activation, gateActivation } = context;
  const turned = transposed(graph, kernel);
  const bias = stateBias === undefined ? 0 : graph.op("Unsqueeze", [stateBias, graph.ints([1])]);
  return {
    forward({ graph: body, gates, states: [before], multiplied }) {
      const { add, multiply } = arithmeticOf(body);
      const ofState = partsOf(body, add(body.op("MatMul", [turned, multiplied]), bias), 3);
      const ofInput = partsOf(body, gates, 3);
      const [update, reset] = [0, 1].map((gate) =>
        cellActivation(body, gateActivation, add(ofState[gate]!, ofInput[gate]!)),
      );
      const sum = add(multiply(reset!, ofState[2]!), ofInput[2]!);
      const candidate = cellActivation(body, activation, sum);
      return {
        states: [mixed(body, update!, before!, candidate)],
        kept: [update!, reset!, candidate, before!, ofState[2]!],
      };
    },
    slopes: ([update, reset, candidate, before, inner]) => [
      ...mixedSlopes(context, update!, before!, candidate!),
      arithmeticOf(graph).multiply(inner!, cellSlope(graph, gateActivation, reset!)),
      ...[update!, reset!],
    ],
    backward({
      graph: body,
      states: [dh],
      slopes: [ofUpdate, ofCandidate, ofReset, update, reset],
    }) {
      const { multiply } = arithmeticOf(body);
      const dCandidate = multiply(dh!, ofCandidate!);
      const dPair = [multiply(dh!, ofUpdate!), multiply(dCandidate, ofReset!)];
      const product = joined(body, [...dPair, multiply(dCandidate, reset!)]);
      return {
        gates: joined(body, [...dPair, dCandidate]),
        multiplied: body.op("MatMul", [kernel, product]),
        ...{ states: [multiply(dh!, update!)], products: [product] },
      };
    },
    products: (multiplied, _kept, _gates, [gradient]) => [
      { state: multiplied, gradient: gradient! },
    ],
  };
}

/** Writes update · before + (1 − update) · candidate. */
function mixed(graph: GraphWriter, update: string, before: string, candidate: string): string {
  const { add, multiply, subtract } = arithmeticOf(graph);
  return add(multiply(update, before), multiply(subtract(1, update), candidate));
}

/** Writes the slopes of that for the sums of the update and of the candidate. */
function mixedSlopes(
  { graph, activation, gateActivation }: CellContext,
  update: string,
  before: string,
  candidate: string,
): readonly [string, string] {
  const { multiply, subtract } = arithmeticOf(graph);
  return [
    multiply(subtract(before, candidate), cellSlope(graph, gateActivation, update)),
    multiply(subtract(1, update), cellSlope(graph, activation, candidate)),
  ];
}
