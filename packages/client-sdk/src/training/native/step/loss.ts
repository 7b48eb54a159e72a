import { shapeSize, type Plan } from "@tributary/protocol";
import type { CompiledModel } from "../../fused/compile/layer-node.ts";
import { softmaxGradient } from "../layers/activation.ts";
import { asRows, rowsOf, type GraphValue } from "../layers/graph-value.ts";
import { arithmeticOf, type Arithmetic } from "../onnx/arithmetic.ts";
import type { GraphWriter } from "../onnx/graph-writer.ts";

/** Probabilities are kept off 0 and 1, whose logarithms are infinite. */
const [LEAST, MOST] = [1e-7, 0.9999999];

/** What follows the last node in a graph. */
export interface GraphLoss {
  /** The outputs of the model. */
  readonly outputs: GraphValue;
  /** The sum of the losses times the weight. */
  readonly loss: string;
  /** Writes the gradient of that sum for the last node. */
  readonly gradient: () => GraphValue;
}

/** What a loss says of each value. */
interface Terms {
  readonly losses: string;
  /** Writes the gradient of the outputs, or of the logits. */
  readonly slopes: () => string;
}

/**
 * Writes the last activation and the loss: see the fused trainer's `lossHead`, whose formulas these
 * are.
 * @param end - The last node.
 * @param targets - The targets of the batch, in the shape of the last node.
 * @param weight - What makes a mean of a sum, without axes.
 */
export function lossGraph(
  graph: GraphWriter,
  loss: Plan["training"]["loss"],
  { output: activation, givesLogits }: Pick<CompiledModel, "output" | "givesLogits">,
  end: GraphValue,
  targets: string,
  weight: string,
): GraphLoss {
  const math = arithmeticOf(graph);
  const { multiply, subtract, total } = math;
  const { name: x, shape } = asRows(graph, end);
  const outputs =
    activation === "softmax"
      ? graph.op("Softmax", [x], { axis: -1 })
      : activation === "sigmoid"
        ? math.one("Sigmoid", x)
        : x;
  const isCrossEntropy = loss.endsWith("Crossentropy");
  const ofLogits = isCrossEntropy && givesLogits;
  const { losses, slopes } = ofLogits
    ? logitTerms(graph, loss === "binaryCrossentropy", x, targets)
    : outputTerms(math, loss, outputs, targets);
  return {
    outputs: rowsOf(graph, outputs, shape),
    loss: multiply(total(losses), weight),
    gradient() {
      const dy = multiply(slopes(), weight);
      if (ofLogits || activation === "linear") return { name: dy, shape, order: "rows" };
      const dx =
        activation === "softmax"
          ? softmaxGradient(math, outputs, dy)
          : multiply(dy, multiply(outputs, subtract(1, outputs)));
      return { name: dx, shape, order: "rows" };
    },
  };
}

/** The cross-entropy of logits, which stays finite where a probability rounds to 0. */
function logitTerms(graph: GraphWriter, isBinary: boolean, x: string, targets: string): Terms {
  const { add, multiply, subtract, most, one, sum } = arithmeticOf(graph);
  if (isBinary) {
    // max(x, 0) − x · target + ln(1 + e^−|x|) for both signs of x.
    const rest = one("Log", add(one("Exp", one("Neg", one("Abs", x))), 1));
    return {
      losses: add(subtract(most(x, 0), multiply(x, targets)), rest),
      slopes: () => subtract(one("Sigmoid", x), targets),
    };
  }
  const logs = graph.op("LogSoftmax", [x], { axis: -1 });
  // A target of 0 adds nothing, also where the logarithm is infinite.
  const isNone = graph.op("Equal", [targets, graph.scalar(0)]);
  const products = one("Neg", multiply(targets, logs));
  return {
    losses: graph.op("Where", [isNone, graph.scalar(0), products]),
    // The targets of a row need not sum to 1.
    slopes: () =>
      subtract(multiply(graph.op("Softmax", [x], { axis: -1 }), sum(targets, [-1])), targets),
  };
}

/** Losses of the outputs themselves. */
function outputTerms(
  math: Arithmetic,
  loss: Plan["training"]["loss"],
  outputs: string,
  targets: string,
): Terms {
  const { add, divide, least, most, multiply, one, square, subtract, sum, above } = math;
  const kept = (share: string): string => least(most(share, LEAST), MOST);
  /** 1 where no bound holds the share, and 0 where one does. */
  const inside = (share: string): string => multiply(above(share, LEAST), above(MOST, share));
  switch (loss) {
    case "categoricalCrossentropy":
    case "sparseCategoricalCrossentropy": {
      const whole = sum(outputs, [-1]);
      const share = divide(outputs, whole);
      // Outputs without a finite sum have no shares: what they are divided by is not a number then.
      const logs = divide(one("Log", kept(share)), divide(whole, whole));
      return {
        losses: one("Neg", multiply(targets, logs)),
        slopes() {
          const slope = one("Neg", multiply(inside(share), divide(targets, kept(share))));
          return divide(subtract(slope, sum(multiply(slope, share), [-1])), whole);
        },
      };
    }
    case "binaryCrossentropy": {
      const chance = kept(outputs);
      const rest = subtract(1, chance);
      const hit = multiply(targets, one("Log", chance));
      const miss = multiply(subtract(1, targets), one("Log", rest));
      return {
        losses: one("Neg", add(hit, miss)),
        slopes: () =>
          multiply(inside(outputs), divide(subtract(chance, targets), multiply(chance, rest))),
      };
    }
    case "meanSquaredError": {
      const distance = subtract(outputs, targets);
      return { losses: square(distance), slopes: () => multiply(distance, 2) };
    }
    case "meanAbsoluteError": {
      const distance = subtract(outputs, targets);
      return { losses: one("Abs", distance), slopes: () => one("Sign", distance) };
    }
    case "huberLoss": {
      const distance = subtract(outputs, targets);
      const bounded = most(least(distance, 1), -1);
      return {
        losses: multiply(bounded, subtract(distance, multiply(bounded, 0.5))),
        slopes: () => bounded,
      };
    }
  }
}

/**
 * Gives what makes a mean of the losses of a batch: a cross-entropy over classes is a mean over the
 * rows of the last axis, and the other losses are means over all values.
 * @param shape - The shape of one output.
 */
export function lossWeight(
  loss: Plan["training"]["loss"],
  shape: readonly number[],
  count: number,
): number {
  const values = count * shapeSize(shape);
  const overClasses =
    loss === "categoricalCrossentropy" || loss === "sparseCategoricalCrossentropy";
  return 1 / (overClasses ? values / (shape.at(-1) ?? 1) : values);
}
