import { GraphWriter } from "./graph-writer.ts";

/** What a scan goes over. */
interface ScanInputs {
  /** What the first pass finds as what the pass before it left. */
  readonly states: readonly string[];
  /** Values with an axis for the passes, which comes first. */
  readonly inputs: readonly string[];
  /** Whether the first pass reads the last element of each input. */
  readonly backwards?: boolean;
}

/** What one pass of a scan leaves for the next one, and what is collected of all passes. */
interface ScanResults {
  readonly states: readonly string[];
  readonly collected: readonly string[];
}

/**
 * Writes operators that run again and again, for one element of some values after the other.
 * @param write - Writes one pass. Its graph may read the values of the graph around it.
 * @returns What the last pass left, and what was collected, with an axis for the passes as in the
 *   inputs.
 */
export function scan(
  graph: GraphWriter,
  { states, inputs, backwards = false }: ScanInputs,
  write: (body: GraphWriter, states: readonly string[], elements: readonly string[]) => ScanResults,
): ScanResults {
  const body = new GraphWriter(graph);
  const given = states.map(() => body.argument());
  const elements = inputs.map(() => body.argument());
  const left = write(body, given, elements);
  for (const value of [...left.states, ...left.collected]) body.result(value);
  const direction = (values: readonly string[]): readonly number[] =>
    values.map(() => (backwards ? 1 : 0));
  const results = graph.ops(
    "Scan",
    [...states, ...inputs],
    {
      ...{ body, num_scan_inputs: inputs.length, scan_input_directions: direction(inputs) },
      scan_output_directions: direction(left.collected),
    },
    left.states.length + left.collected.length,
  );
  return {
    states: results.slice(0, left.states.length),
    collected: results.slice(left.states.length),
  };
}
