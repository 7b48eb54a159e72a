import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { transposed } from "./moments.ts";

/** How the states of a recurrent layer go from one moment to the next, and their gradients back. */
export interface StateLinks {
  /** Whether each moment counts, [moments, 1, batch], as the input of a scan; empty when all do. */
  readonly flags: readonly string[];
  /** Writes what the recurrent kernel multiplies, or the gradient of the state from that of this. */
  dropped(graph: GraphWriter, state: string): string;
  /** Writes a state after a moment. One that does not count leaves it as it was before. */
  settled(graph: GraphWriter, after: string, before: string, flag: string | undefined): string;
  /** Writes the part of a state's gradient that goes into the moment. */
  counted(graph: GraphWriter, gradient: string, flag: string | undefined): string;
  /** Writes the other part, which goes on to the moment before. */
  handedOn(graph: GraphWriter, gradient: string, flag: string | undefined): readonly string[];
}

/**
 * Writes the links of a recurrent layer.
 * @param factors - What the units of the state are multiplied by, [batch, units], where any are
 *   dropped.
 * @param mask - 1 or 0 for each moment, [batch, moments], where some do not count.
 */
export function stateLinks(
  graph: GraphWriter,
  factors: string | undefined,
  mask: string | undefined,
): StateLinks {
  const drops = factors === undefined ? undefined : transposed(graph, factors);
  /** The part of a value that a flag lets through, or the part that it does not. */
  const part = (body: GraphWriter, value: string, flag: string, counts: boolean): string => {
    const { multiply, subtract } = arithmeticOf(body);
    return multiply(value, counts ? flag : subtract(1, flag));
  };
  return {
    flags: mask === undefined ? [] : [flagsOf(graph, mask)],
    dropped: (body, state) =>
      drops === undefined ? state : arithmeticOf(body).multiply(state, drops),
    settled(body, after, before, flag) {
      if (flag === undefined) return after;
      const { add } = arithmeticOf(body);
      return add(part(body, after, flag, true), part(body, before, flag, false));
    },
    counted: (body, gradient, flag) =>
      flag === undefined ? gradient : part(body, gradient, flag, true),
    handedOn: (body, gradient, flag) =>
      flag === undefined ? [] : [part(body, gradient, flag, false)],
  };
}

function flagsOf(graph: GraphWriter, mask: string): string {
  return graph.op("Unsqueeze", [transposed(graph, mask), graph.ints([1])]);
}
