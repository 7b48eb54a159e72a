import type { LayerOperation, ParameterBound, ParameterPenalty } from "./layer-node.ts";
import type { CompiledLayer, PartialNode } from "./layer-to-compile.ts";

/** Joins the nodes of several parts into one layer. Values are numbered as `PartialNode` says. */
export class NodeJoiner {
  readonly #inputs: number;
  readonly #nodes: PartialNode[] = [];
  readonly #parameters: string[] = [];
  readonly #penalties: ParameterPenalty[] = [];
  readonly #bounds: ParameterBound[] = [];

  /** @param inputs - How many inputs the whole layer has, with its mask. */
  constructor(inputs: number) {
    this.#inputs = inputs;
  }

  /** Adds a node. @returns The number of its value. */
  add(operation: LayerOperation, shape: readonly number[], reads: readonly number[]): number {
    return this.#inputs + this.#nodes.push({ operation, shape, reads }) - 1;
  }

  /**
   * Adds the nodes of a part.
   * @param inputs - The numbers of the values that the part takes as its inputs.
   * @returns The number of its output.
   */
  append(part: CompiledLayer, inputs: readonly number[]): number {
    const values = [...inputs];
    part.nodes.forEach(({ operation, shape, reads }, index) => {
      const before = index === 0 ? inputs.map((_, slot) => slot) : [values.length - 1];
      values.push(
        this.add(
          operation,
          shape,
          (reads ?? before).map((value) => values[value]!),
        ),
      );
    });
    this.#parameters.push(...part.parameters);
    this.#penalties.push(...(part.rules?.penalties ?? []));
    this.#bounds.push(...(part.rules?.bounds ?? []));
    return values.at(-1)!;
  }

  /** The whole layer, whose output is the value that was added last. */
  get layer(): CompiledLayer {
    return {
      nodes: this.#nodes,
      parameters: this.#parameters,
      rules: { penalties: this.#penalties, bounds: this.#bounds },
    };
  }
}
