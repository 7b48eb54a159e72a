import type { Activation, LayerOperation } from "../../fused/compile/layer-node.ts";
import { arithmeticOf, type Arithmetic } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";
import { asRows, ordered } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";

/** Writes an activation, which works value by value, or over the last axis in the case of softmax. */
export function activationGraph({
  graph,
  operation,
  inputs: [given],
}: LayerContext<Extract<LayerOperation, { kind: "activation" }>>): LayerGraph {
  const input = operation.name === "softmax" ? asRows(graph, given) : given;
  const { y, back } = curveOf(graph, operation, input.name);
  return {
    output: { ...input, name: y },
    backward: (dy) => [{ ...input, name: back(ordered(graph, dy, input.order).name) }],
  };
}

/** An activation of one value of the graph. */
interface Curve {
  readonly y: string;
  /** Writes the gradient of the input. */
  readonly back: (dy: string) => string;
}

function curveOf(graph: GraphWriter, activation: Activation, x: string): Curve {
  const math = arithmeticOf(graph);
  const { add, subtract, multiply, divide, one, whereAbove } = math;
  /** A curve with a slope that dy is multiplied by, and which nobody writes before it is needed. */
  const sloped = (y: string, slope: () => string): Curve => ({
    y,
    back: (dy) => multiply(dy, slope()),
  });
  switch (activation.name) {
    case "relu": {
      const y = graph.op("Relu", [x]);
      return sloped(y, () => math.above(y, 0));
    }
    case "leakyRelu": {
      const { slope } = activation;
      return sloped(whereAbove(x, 0, x, multiply(x, slope)), () => whereAbove(x, 0, 1, slope));
    }
    case "clip": {
      const { low, high } = activation;
      const y = graph.op("Clip", [x, graph.scalar(low), graph.scalar(high)]);
      return sloped(y, () => multiply(math.above(y, low), math.above(high, y)));
    }
    case "elu": {
      const { alpha, scale } = activation;
      // The power is taken of what is below 0 only, so that none overflows.
      const bent = multiply(subtract(one("Exp", math.least(x, 0)), 1), alpha);
      const y = multiply(whereAbove(x, 0, x, bent), scale);
      return sloped(y, () => whereAbove(y, 0, scale, add(y, scale * alpha)));
    }
    case "tanh": {
      const y = one("Tanh", x);
      return sloped(y, () => subtract(1, math.square(y)));
    }
    case "sigmoid": {
      const y = one("Sigmoid", x);
      return sloped(y, () => multiply(y, subtract(1, y)));
    }
    case "softmax": {
      const y = graph.op("Softmax", [x], { axis: -1 });
      return { y, back: (dy) => softmaxGradient(math, y, dy) };
    }
    case "gelu": {
      // x · Φ(x), whose slope is Φ(x) + x · φ(x).
      const share = multiply(add(one("Erf", multiply(x, Math.SQRT1_2)), 1), 0.5);
      return sloped(multiply(x, share), () => {
        const density = multiply(
          one("Exp", multiply(math.square(x), -0.5)),
          1 / Math.sqrt(2 * Math.PI),
        );
        return add(share, multiply(x, density));
      });
    }
    case "approximateGelu": {
      const [inner, cube] = [Math.sqrt(2 / Math.PI), 0.044715];
      const bend = multiply(multiply(x, inner), add(multiply(math.square(x), cube), 1));
      const t = one("Tanh", bend);
      const share = multiply(add(t, 1), 0.5);
      return sloped(multiply(x, share), () => {
        const turn = add(multiply(math.square(x), 3 * cube * inner), inner);
        const half = multiply(multiply(x, 0.5), subtract(1, math.square(t)));
        return add(share, multiply(half, turn));
      });
    }
    case "swish": {
      const s = one("Sigmoid", x);
      return sloped(multiply(x, s), () => add(s, multiply(multiply(x, s), subtract(1, s))));
    }
    case "softplus":
      return sloped(softplus(math, x), () => one("Sigmoid", x));
    case "softsign": {
      const bound = add(one("Abs", x), 1);
      return sloped(divide(x, bound), () => divide(1, math.square(bound)));
    }
    case "mish": {
      const t = one("Tanh", softplus(math, x));
      return sloped(multiply(x, t), () =>
        add(t, multiply(multiply(x, one("Sigmoid", x)), subtract(1, math.square(t)))),
      );
    }
  }
}

/** Writes ln(1 + e^x). e^−|x| never overflows, and what it leaves out is added at the end. */
function softplus({ add, most, one }: Arithmetic, x: string): string {
  return add(one("Log", add(one("Exp", one("Neg", one("Abs", x))), 1)), most(x, 0));
}

/** Writes the gradient of the input of a softmax: every output depends on every input of its row. */
export function softmaxGradient(
  { multiply, subtract, sum }: Arithmetic,
  y: string,
  dy: string,
): string {
  return multiply(y, subtract(dy, sum(multiply(dy, y), [-1])));
}
