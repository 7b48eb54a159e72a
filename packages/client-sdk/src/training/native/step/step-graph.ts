import { layoutOf, type Parameter, type Plan } from "@tributary/protocol";
import type { CompiledModel } from "../../fused/compile/layer-node.ts";
import { trainedParameters } from "../../fused/compile/trained-parameters.ts";
import type { StepTerms } from "../../local-trainer.ts";
import type { GraphValue } from "../layers/graph-value.ts";
import type { GraphParameter, ParameterGradient } from "../layers/layer-graph.ts";
import { arithmeticOf } from "../onnx/arithmetic.ts";
import { GraphWriter } from "../onnx/graph-writer.ts";
import { boundGraph } from "./bounds.ts";
import { lossGraph } from "./loss.ts";
import { networkGraph, type DropInput } from "./network-graph.ts";
import { optimizerGraph, type GraphOptimizer } from "./optimizer.ts";

/** The names of a graph's inputs and outputs. */
export const NAMES = {
  ...{ inputs: "inputs", targets: "targets", weight: "weight", loss: "loss", outputs: "outputs" },
  corrections: ["correction of the mean", "correction of the square"],
  parameter: (name: string) => `parameter ${name}`,
  state: (state: string, name: string) => `${state} of ${name}`,
  anchor: (name: string) => `anchor of ${name}`,
  correction: (name: string) => `added to ${name}`,
  /** What an input is after the step. */
  after: (input: string) => `${input} after`,
} as const;

/** A graph, and what it must be given. */
export interface StepGraph {
  /** An ONNX model. */
  readonly model: Uint8Array;
  readonly drops: readonly DropInput[];
  /** The names of the parameters that a step changes. */
  readonly changed: readonly string[];
  /** The names of those that the optimizer moves. */
  readonly trained: readonly string[];
  readonly optimizer: Pick<GraphOptimizer, "state" | "corrects">;
}

/** From so many values on, a plain descent is worth an operation that also computes the gradient. */
const LARGE_PARAMETER = 65_536;

/** What the inputs of a graph are made into before a step or a pass without training. */
interface Parts {
  readonly graph: GraphWriter;
  readonly parameters: readonly Parameter[];
  readonly parameter: (name: string) => GraphParameter;
  readonly gradients: ReadonlyMap<string, readonly ParameterGradient[]>;
  /** What statistics are after a training step. */
  readonly become: ReadonlyMap<string, string>;
  readonly network: ReturnType<typeof networkGraph>;
  readonly head: ReturnType<typeof lossGraph>;
}

/** Writes a pass without training: it gives the loss and the outputs. */
export function scoringGraph(plan: Plan, model: CompiledModel): StepGraph {
  const { graph } = beginGraph(plan, model, undefined);
  return {
    ...{ model: graph.finish(), drops: [], changed: [], trained: [] },
    optimizer: { state: [], corrects: false },
  };
}

/**
 * Writes one training step as one graph: the way forwards, the loss, the way backwards, the terms of
 * the step, and the optimizer. It gives the loss and the outputs, and the parameters and the
 * optimizer's state after the step.
 */
export function trainingGraph(plan: Plan, model: CompiledModel, terms: StepTerms = {}): StepGraph {
  const trained = trainedParameters(plan, model, layoutOf(plan.model.parameters));
  const parts = beginGraph(plan, model, trained);
  const { graph, network, head, gradients, become } = parts;
  network.backward(head.gradient());
  const optimizer = optimizerGraph(graph, plan.training.optimizer);
  const { plainRate } = optimizer;
  const moved = parts.parameters.filter(({ name }) => trained.has(name));
  const hasTerms = Object.values(terms).some((term) => term !== undefined);
  const penalised = new Set(model.penalties.map(({ parameter }) => parameter));
  /** The descent of a parameter in one operation with its gradient, where nothing is added to it. */
  const descentOf = ({ name, size }: Parameter): string | undefined => {
    const [only, ...more] = gradients.get(name) ?? [];
    if (plainRate === undefined || more.length > 0 || hasTerms || penalised.has(name)) return;
    return size < LARGE_PARAMETER ? undefined : only?.descend?.(NAMES.parameter(name), plainRate);
  };
  const descents = new Map(moved.map((parameter) => [parameter.name, descentOf(parameter)]));
  const wholes = clipped(
    graph,
    moved
      .filter(({ name }) => descents.get(name) === undefined)
      .map((parameter) => ({ parameter, gradient: gradientOf(parts, model, terms, parameter) })),
    terms.gradientClipNorm,
  );
  const corrections = NAMES.corrections.map((name) =>
    optimizer.corrects ? graph.input(name, []) : "",
  ) as [string, string];
  for (const parameter of moved) {
    const { name, shape } = parameter;
    const input = NAMES.parameter(name);
    const state = optimizer.state.map((one) => graph.input(NAMES.state(one.name, name), shape));
    const descent = descents.get(name);
    const step =
      descent === undefined
        ? optimizer.step(input, wholes.get(name)!, state, corrections)
        : { parameter: descent, state: [] };
    const bounds = model.bounds.filter((bound) => bound.parameter === name);
    const bounded = bounds.reduce(
      (value, bound) => boundGraph(graph, bound, value, shape),
      step.parameter,
    );
    graph.output(NAMES.after(input), bounded, shape);
    state.forEach((old, index) => graph.output(NAMES.after(old), step.state[index]!, shape));
  }
  const statistics = parts.parameters.filter(({ name }) => become.has(name));
  for (const { name, shape } of statistics) {
    graph.output(NAMES.after(NAMES.parameter(name)), become.get(name)!, shape);
  }
  const names = (list: readonly Parameter[]): string[] => list.map(({ name }) => name);
  return {
    ...{ model: graph.finish(), drops: network.drops, optimizer, trained: names(moved) },
    changed: names([...moved, ...statistics]),
  };
}

/**
 * Begins a graph with all that a step and a pass without training have in common.
 * @param trained - The parameters that are trained; undefined in a pass without training.
 */
function beginGraph(
  plan: Plan,
  model: CompiledModel,
  trained: ReadonlySet<string> | undefined,
): Parts {
  const graph = new GraphWriter();
  const { add, multiply, one, square, total } = arithmeticOf(graph);
  const { parameters } = layoutOf(plan.model.parameters);
  const gradients = new Map<string, ParameterGradient[]>();
  const become = new Map<string, string>();
  const made = new Map(
    parameters.map(({ name, shape }): [string, GraphParameter] => [
      name,
      {
        name: graph.input(NAMES.parameter(name), shape),
        shape,
        isTrained: trained?.has(name) === true,
        become: (value) => void become.set(name, value),
        addGradient: (part) => void gradients.set(name, [...(gradients.get(name) ?? []), part]),
      },
    ]),
  );
  const parameter = (name: string): GraphParameter => made.get(name)!;
  const value = (name: string, shape: readonly number[]): GraphValue => ({
    ...{ name: graph.input(name, ["batch", ...shape]), shape, order: "rows" },
  });
  const input = value(NAMES.inputs, model.inputShape);
  const targets = value(NAMES.targets, model.outputShape);
  const weight = graph.input(NAMES.weight, []);
  const isTraining = trained !== undefined;
  const network = networkGraph(graph, model, input, parameter, isTraining);
  const { loss } = plan.training;
  const head = lossGraph(graph, loss, model, network.end, targets.name, weight);
  const penalties = model.penalties.flatMap(({ parameter: name, l1, l2 }) => [
    ...(l1 === 0 ? [] : [multiply(total(one("Abs", parameter(name).name)), l1)]),
    ...(l2 === 0 ? [] : [multiply(total(square(parameter(name).name)), l2)]),
  ]);
  graph.output(NAMES.loss, penalties.reduce(add, head.loss), []);
  graph.output(NAMES.outputs, head.outputs.name, ["batch", ...model.outputShape]);
  return { graph, parameters, parameter, gradients, become, network, head };
}

/** Writes the whole gradient of a parameter: that of the loss, of its penalties, and the terms'. */
function gradientOf(
  { graph, gradients }: Parts,
  model: CompiledModel,
  { correction, proximal = 0, weightDecay = 0 }: StepTerms,
  { name, shape }: Parameter,
): string {
  const { add, subtract, multiply, one } = arithmeticOf(graph);
  const value = NAMES.parameter(name);
  const parts = (gradients.get(name) ?? []).map(({ write }) => write());
  for (const { parameter, l1, l2 } of model.penalties) {
    if (parameter !== name) continue;
    if (l1 !== 0) parts.push(multiply(one("Sign", value), l1));
    if (l2 !== 0) parts.push(multiply(value, 2 * l2));
  }
  if (correction !== undefined) parts.push(graph.input(NAMES.correction(name), shape));
  if (proximal > 0) {
    const anchor = graph.input(NAMES.anchor(name), shape);
    parts.push(multiply(subtract(value, anchor), proximal));
  }
  if (weightDecay > 0) parts.push(multiply(value, weightDecay));
  // A parameter that the loss does not depend on stays where it is.
  return parts.length === 0 ? multiply(value, 0) : parts.reduce(add);
}

/** Scales all gradients down to a norm, if there is one. @returns The gradients by their names. */
function clipped(
  graph: GraphWriter,
  wholes: readonly { readonly parameter: Parameter; readonly gradient: string }[],
  norm: number | undefined,
): ReadonlyMap<string, string> {
  const { add, divide, least, multiply, one, square, total } = arithmeticOf(graph);
  const named = (gradients: readonly string[]): ReadonlyMap<string, string> =>
    new Map(wholes.map(({ parameter }, index) => [parameter.name, gradients[index]!]));
  const gradients = wholes.map(({ gradient }) => gradient);
  if (norm === undefined) return named(gradients);
  const squares = gradients.map((gradient) => total(square(gradient))).reduce(add);
  const factor = least(divide(norm, one("Sqrt", squares)), 1);
  return named(gradients.map((gradient) => multiply(gradient, factor)));
}
