import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { scan } from "../onnx/scan.ts";
import type { Cell } from "./cell.ts";
import type { StateLinks } from "./state-links.ts";

/** A recurrent layer, as its scans need to know it. Values of all moments are as in `Cell`. */
export interface Recurrence {
  readonly graph: GraphWriter;
  readonly cell: Cell;
  readonly links: StateLinks;
  /** The states before the first moment, which are zeros. Their gradients begin with the same. */
  readonly noStates: readonly string[];
  /** Whether the output of every moment is used, or that of the last one only. */
  readonly sequences: boolean;
}

/** What the way forwards gives. */
interface ForwardResults {
  /** The output at the last moment, [units, batch]. */
  readonly last: string;
  /** The outputs at all moments, where they are used. */
  readonly outputs: string | undefined;
  /** What the recurrent kernel multiplied, and what the cell keeps, for the way backwards. */
  readonly multiplied: string;
  readonly kept: readonly string[];
}

/** Writes the way from the first moment to the last. @param gates - What the input gives to them. */
export function forwardScan(
  { graph, cell, links, noStates, sequences }: Recurrence,
  gates: string,
  training: boolean,
): ForwardResults {
  const { states, collected } = scan(
    graph,
    { states: noStates, inputs: [gates, ...links.flags] },
    (body, before, [own, flag]) => {
      const multiplied = links.dropped(body, before[0]!);
      const made = cell.forward({ graph: body, gates: own!, states: before, multiplied });
      const after = made.states.map((state, i) => links.settled(body, state, before[i]!, flag));
      const outputs = sequences ? after.slice(0, 1) : [];
      return {
        states: after,
        collected: [...outputs, ...(training ? [multiplied, ...made.kept] : [])],
      };
    },
  );
  const [multiplied, ...kept] = collected.slice(sequences ? 1 : 0);
  return {
    ...{ last: states[0]!, outputs: sequences ? collected[0] : undefined },
    ...{ multiplied: multiplied!, kept },
  };
}

/** The gradients that the way backwards gives, at all moments: see `MomentGradients`. */
interface BackwardResults {
  readonly gates: string;
  readonly products: readonly string[];
}

/**
 * Writes the way from the last moment to the first.
 * @param dy - The gradient of the outputs at all moments, or that of the last one.
 */
export function backwardScan(
  { graph, cell, links, noStates, sequences }: Recurrence,
  { multiplied, kept }: ForwardResults,
  dy: string,
): BackwardResults {
  const slopes = cell.slopes(kept, multiplied);
  const [noOutput, ...noCell] = noStates as [string, ...string[]];
  const { collected } = scan(
    graph,
    {
      states: [sequences ? noOutput : dy, ...noCell],
      inputs: [...slopes, ...links.flags, ...(sequences ? [dy] : [])],
      backwards: true,
    },
    (body, after, elements) => {
      const { add } = arithmeticOf(body);
      const own = elements.slice(slopes.length);
      const flag = links.flags.length > 0 ? own[0] : undefined;
      const [dh, ...dc] = after as [string, ...string[]];
      const states = [sequences ? add(dh, own.at(-1)!) : dh, ...dc];
      const counted = states.map((state) => links.counted(body, state, flag));
      const made = cell.backward({ graph: body, states: counted, slopes: elements });
      const before = states.map((state, i) =>
        [
          ...(i === 0 ? [links.dropped(body, made.multiplied)] : []),
          ...made.states.slice(i, i + 1).filter((part) => part !== undefined),
          ...links.handedOn(body, state, flag),
        ].reduce(add),
      );
      return { states: before, collected: [made.gates, ...made.products] };
    },
  );
  const [gates, ...products] = collected;
  return { gates: gates!, products };
}
