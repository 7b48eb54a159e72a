import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import type { GraphValue } from "./graph-value.ts";

/** What the layer of a node is written with. */
export interface LayerContext<Operation extends LayerOperation = LayerOperation> {
  readonly graph: GraphWriter;
  readonly operation: Operation;
  readonly inputs: readonly [GraphValue, ...GraphValue[]];
  /** The shape of the output for one example. */
  readonly shape: readonly number[];
  /** Whether the graph is that of a training step. Only then are values dropped. */
  readonly training: boolean;
  /** Finds a parameter of the plan by its name. */
  readonly parameter: (name: string) => GraphParameter;
  /**
   * Adds an input of the graph that says what each value is multiplied by: 0 where it is dropped.
   * @param shape - The shape for one example.
   */
  readonly dropped: (rate: number, shape: readonly number[]) => GraphValue;
}

/** A parameter of the plan in the graph. */
export interface GraphParameter {
  /** The value, in the shape that the plan has. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether its gradient is needed. */
  readonly isTrained: boolean;
  /** Replaces the value with what a training step leaves, where no gradient moves it. */
  readonly become: (value: string) => void;
  /** Gives a part of its gradient. */
  readonly addGradient: (gradient: ParameterGradient) => void;
}

/** A part of the gradient of a parameter, in its shape. */
export interface ParameterGradient {
  /** Writes it. */
  readonly write: () => string;
  /** Writes the parameter minus `rate` times the gradient, where that is one operation. */
  readonly descend?: (parameter: string, rate: number) => string;
}

/** A layer in the graph. */
export interface LayerGraph {
  readonly output: GraphValue;
  /**
   * Writes the gradients of the parameters, and of the inputs.
   * @param dy - The gradient of the output.
   * @param needed - Which inputs need theirs.
   * @returns The gradients of these inputs. An input that is not needed may be left undefined.
   */
  readonly backward: (
    dy: GraphValue,
    needed: readonly boolean[],
  ) => readonly (GraphValue | undefined)[];
}
