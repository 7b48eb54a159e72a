import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import type { GraphParameter, LayerContext } from "./layer-graph.ts";

/** What is added to the sums of the gates: to what the input gives, and to what the state gives. */
export interface GateBiases {
  readonly ofInput: GraphParameter | undefined;
  readonly ofState: GraphParameter | undefined;
}

/**
 * Gives the biases of a recurrent layer, each [gates]. A GRU of the second form has both of them, in
 * one parameter [2, gates]; other cells have that of the input.
 */
export function gateBiases({
  graph,
  operation: { cell, bias },
  parameter,
}: LayerContext<Extract<LayerOperation, { kind: "recurrent" }>>): GateBiases {
  const whole = bias === undefined ? undefined : parameter(bias);
  if (whole === undefined || cell !== "resetAfterGru")
    return { ofInput: whole, ofState: undefined };
  const row = (index: 0 | 1): GraphParameter => ({
    ...whole,
    name: graph.op("Gather", [whole.name, graph.ints([index], [])], { axis: 0 }),
    shape: whole.shape.slice(1),
    addGradient: ({ write }) =>
      whole.addGradient({
        // The other row gets nothing from this part.
        write: () =>
          graph.op("Pad", [
            graph.op("Unsqueeze", [write(), graph.ints([0])]),
            graph.ints([index, 0, 1 - index, 0]),
          ]),
      }),
  });
  return { ofInput: row(0), ofState: row(1) };
}
