import { completeOptimizer, type OptimizerSpec } from "@tributary/protocol";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";

/** The constant of tfjs, whose Adagrad does not let one choose. */
const ADAGRAD_EPSILON = 1e-7;

/** An optimizer in the graph of a step. */
export interface GraphOptimizer {
  /** The names of what it remembers of each parameter, and what each begins with. */
  readonly state: readonly { readonly name: string; readonly start: number }[];
  /** The rate of a plain descent, which needs nothing but the gradient. */
  readonly plainRate?: number;
  /** Whether a step needs the corrections of Adam's means. */
  readonly corrects: boolean;
  /**
   * Writes what a step makes of a parameter.
   * @param state - What is remembered of it, in the order of the names.
   * @param corrections - By what Adam's two means are divided, without axes.
   * @returns The parameter after the step, and what is remembered then.
   */
  step(
    parameter: string,
    gradient: string,
    state: readonly string[],
    corrections: readonly [string, string],
  ): { readonly parameter: string; readonly state: readonly string[] };
}

/** Writes the steps of a plan's optimizer, with the formulas of the other engines. */
export function optimizerGraph(graph: GraphWriter, plan: OptimizerSpec): GraphOptimizer {
  const { add, subtract, multiply, divide, square, one } = arithmeticOf(graph);
  const spec = completeOptimizer(plan);
  const { learningRate: rate } = spec;
  const from = (...names: readonly string[]): GraphOptimizer["state"] =>
    names.map((name) => ({ name, start: 0 }));
  /** An old mean of which a part is replaced by what is new. */
  const mixed = (old: string, share: number, value: string): string =>
    add(multiply(old, share), multiply(value, Math.fround(1 - Math.fround(share))));
  switch (spec.name) {
    case "sgd": {
      const { momentum, nesterov } = spec;
      if (momentum === 0) {
        return {
          ...{ state: [], plainRate: rate, corrects: false },
          step: (w, g) => ({ parameter: subtract(w, multiply(g, rate)), state: [] }),
        };
      }
      return {
        ...{ state: from("velocity"), corrects: false },
        step(w, g, [v]) {
          const speed = add(multiply(v!, momentum), g);
          const move = nesterov ? add(g, multiply(speed, momentum)) : speed;
          return { parameter: subtract(w, multiply(move, rate)), state: [speed] };
        },
      };
    }
    case "adam": {
      const { beta1, beta2, epsilon } = spec;
      return {
        ...{ state: from("mean", "square"), corrects: true },
        step(w, g, [m, v], [correct1, correct2]) {
          const first = mixed(m!, beta1, g);
          const second = mixed(v!, beta2, square(g));
          const spread = add(one("Sqrt", divide(second, correct2)), epsilon);
          const move = multiply(divide(divide(first, correct1), spread), rate);
          return { parameter: subtract(w, move), state: [first, second] };
        },
      };
    }
    case "adagrad":
      return {
        state: [{ name: "sum", start: spec.initialAccumulator }],
        corrects: false,
        step(w, g, [a]) {
          const sum = add(a!, square(g));
          const move = divide(g, one("Sqrt", add(sum, ADAGRAD_EPSILON)));
          return { parameter: subtract(w, multiply(move, rate)), state: [sum] };
        },
      };
    case "rmsprop": {
      const { decay, momentum, epsilon } = spec;
      return {
        ...{ state: from("square", "velocity"), corrects: false },
        step(w, g, [s, v]) {
          const mean = mixed(s!, decay, square(g));
          const move = divide(multiply(g, rate), one("Sqrt", add(mean, epsilon)));
          const speed = add(multiply(v!, momentum), move);
          return { parameter: subtract(w, speed), state: [mean, speed] };
        },
      };
    }
  }
}
