import {
  TributaryError,
  clipFactor,
  layoutOf,
  shapeSize,
  type Address,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import type { StepTerms } from "../../local-trainer.ts";
import { parametersOf, type CompiledModel } from "../compile/layer-node.ts";
import { trainedParameters } from "../compile/trained-parameters.ts";
import { Arena } from "../kernels/arena.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import { buildLayer } from "../layers/build-layer.ts";
import type { FusedLayer, PassContext } from "../layers/layer.ts";
import { gradientTerms, type GradientTerms } from "./gradient-terms.ts";
import { lossHead, type LossHead } from "./loss-head.ts";
import { descentOf, type Descend } from "./descent.ts";
import { layOutNodes, withBranches } from "./node-places.ts";
import { keepBounds } from "./bounds.ts";
import { penaltiesOf, type Penalties } from "./penalties.ts";
import { ParameterPlaces } from "./parameter-places.ts";
import { withSharedParameters } from "./shared-parameters.ts";
import { stepOptimizer, type StepOptimizer } from "./step-optimizer.ts";

/** As `Work.pauseIfDue`. */
type PauseIfDue = () => Promise<void> | undefined;

/**
 * The model of a plan in the memory of some kernels: the weights, the gradients of those that are
 * trained, the state of the optimizer, and the values of every node for `capacity` examples.
 */
export class FusedNetwork {
  readonly parameters: ParameterPlaces;
  readonly optimizer: StepOptimizer;
  readonly capacity: number;
  /** Floating-point operations of the multiplications of one training step, for one example. */
  readonly operationsPerExample: number;
  #passes = 0;
  #terms: GradientTerms | undefined;
  readonly #arena: Arena;
  readonly #memory = new Map<string, Address>();
  readonly #kernels: TrainingKernels;
  readonly #layers: readonly FusedLayer[];
  /** The layers whose gradient is needed, from the last to the first. */
  readonly #backwards: readonly FusedLayer[];
  /** Goes backwards and moves the parameters by −rate · gradient on the way. */
  readonly #descent: readonly Descend[];
  /** The rate of that, where the steps of this training are nothing more. */
  #descentRate: number | undefined;
  readonly #head: LossHead;
  readonly #penalties: Penalties;
  readonly #keepBounds: () => void;
  readonly #places: Readonly<Record<"inputs" | "targets" | "outputs", Address>>;
  /** Whether what the model computes for an example depends on the others of the batch. */
  readonly #mixesExamples: boolean;
  readonly #sizes: { readonly input: number; readonly output: number };

  /**
   * Lays out the network. From here on, a step allocates nothing.
   * @param capacity - The largest number of examples in a batch.
   * @throws TributaryError `PLAN_INVALID` when the plan trains nothing, and `MODEL_UNSUPPORTED`
   *   when there is not enough memory.
   */
  constructor(plan: Plan, model: CompiledModel, kernels: TrainingKernels, capacity: number) {
    const arena = new Arena(kernels, largestLayer(plan, model, capacity));
    const allocate = (size: number): Address => arena.allocate(size);
    this.#kernels = kernels;
    this.#arena = arena;
    this.capacity = capacity;
    const layout = layoutOf(plan.model.parameters);
    const trained = trainedParameters(plan, model, layout);
    this.parameters = new ParameterPlaces(layout, trained, kernels, allocate);
    const nodes = layOutNodes(model, this.parameters, capacity, allocate);
    const layers = model.nodes.map((node, index) =>
      withSharedParameters(kernels, model, index, this.parameters, allocate, (parameter) =>
        withBranches(kernels, nodes.inputsOf(index), (inputs) =>
          buildLayer({
            kernels,
            operation: node.operation,
            inputs,
            output: nodes.of(index),
            capacity,
            parameter,
            allocate,
            scratch: (size) => arena.scratch(size),
          }),
        ),
      ),
    );
    const input = nodes.of(-1);
    const end = nodes.of(model.nodes.length - 1);
    const targets = allocate(capacity * end.size);
    const outputs = allocate(capacity * end.size);
    this.#layers = layers;
    this.#mixesExamples = model.nodes.some(
      ({ operation }) => operation.kind === "batchNorm" && operation.isTrained,
    );
    this.#backwards = layers.filter((_, index) => nodes.of(index).gradient !== 0).reverse();
    this.#descent = descentOf(kernels, model, layers, this.#backwards, this.parameters);
    this.#penalties = penaltiesOf(kernels, model.penalties, this.parameters);
    this.#keepBounds = keepBounds(kernels, model.bounds, this.parameters);
    this.#head = lossHead(kernels, plan.training.loss, model, end, targets, outputs);
    this.#places = { inputs: input.values, targets, outputs };
    this.#sizes = { input: input.size, output: end.size };
    this.optimizer = stepOptimizer(kernels, plan.training.optimizer, this.parameters, allocate);
    this.operationsPerExample = layers.reduce(
      (sum, { operations }) => sum + operations.forward + operations.backward,
      0,
    );
    arena.commit();
  }

  /** Where batches are put, shape [capacity, size of the input]. */
  get inputs(): Float32Array {
    return this.#view(this.#places.inputs, this.capacity * this.#sizes.input);
  }

  /** Where the targets of a batch are put, shape [capacity, size of the output]. */
  get targets(): Float32Array {
    return this.#view(this.#places.targets, this.capacity * this.#sizes.output);
  }

  /**
   * What the last pass gave, shape [capacity, size of the output]. The next pass writes over it.
   */
  get outputs(): Float32Array {
    return this.#view(this.#places.outputs, this.capacity * this.#sizes.output);
  }

  /**
   * Begins a training with a fresh state of the optimizer. Views of the memory from before are
   * empty afterwards.
   * @param random - Decides what dropout drops.
   * @throws TributaryError `BAD_PARAMETER` when the correction does not have the size of the model,
   *   and when single examples are to be clipped where batch normalisation mixes them.
   */
  startTraining(random: RandomSource, terms: StepTerms = {}): void {
    if (terms.exampleClipNorm !== undefined && this.#mixesExamples) {
      throw new TributaryError(
        "BAD_PARAMETER",
        "Batch normalisation mixes the examples of a batch, so that none has a gradient of its own",
        { remedy: "Use group normalisation, or freeze the batch normalisation." },
      );
    }
    this.#terms = gradientTerms(this.#kernels, this.parameters, terms, (name) =>
      this.#memoryFor(name),
    );
    if (terms.exampleClipNorm !== undefined) this.#memoryFor("sum");
    const isPlain = this.#terms.areNone && this.#penalties.areNone;
    this.#descentRate = isPlain ? this.optimizer.plainRate : undefined;
    this.#passes = 0;
    this.optimizer.reset();
    this.#layers.forEach((layer, index) =>
      layer.startTraining?.(random.derive(`dropout ${index}`)),
    );
  }

  /** Takes one optimizer step on the first `count` examples. @returns Their mean loss before it. */
  step(count: number): number {
    const loss =
      this.#descentRate === undefined
        ? this.#stepWithTerms(count)
        : this.#stepAtOnce(count, this.#descentRate);
    this.#keepBounds();
    return loss;
  }

  /**
   * Takes the same step, with the same bits, and lets other work of the thread run between its layers.
   * @param pauseIfDue - Called after each layer; what it throws ends the step.
   * @returns The mean loss of the first `count` examples before the step.
   */
  async stepInParts(count: number, pauseIfDue: PauseIfDue): Promise<number> {
    // Clipped examples have a pass of their own each.
    if (this.#terms?.exampleClipNorm !== undefined) return this.step(count);
    const pass = this.#nextPass(true);
    const rate = this.#descentRate;
    await inParts(this.#layers, (layer) => layer.forward(count, pass), pauseIfDue);
    const loss = this.#loss(count);
    if (rate === undefined) {
      await inParts(this.#backwards, (layer) => layer.backward(count), pauseIfDue);
      this.#penalties.addGradient();
      this.#terms?.apply();
      this.optimizer.step();
    } else {
      await inParts(this.#descent, (descend) => descend(count, rate), pauseIfDue);
    }
    this.#keepBounds();
    return loss;
  }

  /** Begins a sum of gradients. Views of the memory from before are empty afterwards. */
  startSum(): void {
    this.#kernels.fill(this.#memoryFor("sum"), this.parameters.trainedSize, 0);
  }

  /**
   * Adds `share` times the gradient of the mean loss of the first `count` examples, without
   * dropout.
   * @returns That loss.
   */
  addToSum(count: number, share: number): number {
    const loss = this.differentiate(count, false);
    const { gradient, trainedSize } = this.parameters;
    this.#kernels.addScaled(gradient, this.#memoryFor("sum"), trainedSize, share);
    return loss;
  }

  /** Puts the sum into the place of the gradient. */
  finishSum(): void {
    const { gradient, trainedSize } = this.parameters;
    this.#kernels.copy(this.#memoryFor("sum"), gradient, trainedSize);
  }

  /**
   * Computes the gradient of the mean loss of the first `count` examples.
   * @param training - Whether values are dropped, in layers that do so.
   * @returns The loss.
   */
  differentiate(count: number, training = true): number {
    const loss = this.#lossOf(count, training);
    for (const layer of this.#backwards) layer.backward(count);
    this.#penalties.addGradient();
    return loss;
  }

  /**
   * Computes outputs without dropout. Of all gradients, only that of the last node is written over.
   * @returns The mean loss of the first `count` examples.
   */
  score(count: number): number {
    return this.#lossOf(count, false);
  }

  /** Computes the outputs of the first `count` examples without dropout and without a loss. */
  predict(count: number): void {
    this.#forward(count, false);
    this.#head.activate(count);
  }

  #stepWithTerms(count: number): number {
    const norm = this.#terms?.exampleClipNorm;
    const loss = norm === undefined ? this.differentiate(count) : this.#clipEach(count, norm);
    this.#terms?.apply();
    this.optimizer.step();
    return loss;
  }

  #stepAtOnce(count: number, rate: number): number {
    const loss = this.#lossOf(count, true);
    for (const descend of this.#descent) descend(count, rate);
    return loss;
  }

  /**
   * Puts the mean of the gradients of single examples, each of them clipped, in the place of the
   * gradient.
   */
  #clipEach(count: number, norm: number): number {
    const { gradient, trainedSize } = this.parameters;
    const { inputs, targets, outputs } = this;
    const given = outputs.slice();
    // Every example takes its turn in the place of the first one.
    const firsts = [
      inputs.slice(0, this.#sizes.input),
      targets.slice(0, this.#sizes.output),
    ] as const;
    this.startSum();
    let loss = 0;
    for (let example = 0; example < count; example++) {
      inputs.copyWithin(0, example * this.#sizes.input, (example + 1) * this.#sizes.input);
      targets.copyWithin(0, example * this.#sizes.output, (example + 1) * this.#sizes.output);
      loss += this.differentiate(1);
      given.set(outputs.subarray(0, this.#sizes.output), example * this.#sizes.output);
      const factor = clipFactor(this.#kernels.sumOfSquares(gradient, trainedSize), norm);
      this.#kernels.addScaled(gradient, this.#memoryFor("sum"), trainedSize, factor / count);
    }
    outputs.set(given);
    inputs.set(firsts[0]);
    targets.set(firsts[1]);
    this.finishSum();
    return loss / count;
  }

  /** Memory of the size of the trained parameters, for what not every training needs. */
  #memoryFor(name: string): Address {
    let address = this.#memory.get(name);
    if (address === undefined) {
      address = this.#arena.extend(this.parameters.trainedSize);
      this.#memory.set(name, address);
    }
    return address;
  }

  #lossOf(count: number, training: boolean): number {
    this.#forward(count, training);
    return this.#loss(count);
  }

  /** The mean loss of the outputs of the first `count` examples, and its gradient by them. */
  #loss(count: number): number {
    return this.#head.score(count) + this.#penalties.loss();
  }

  #forward(count: number, training: boolean): void {
    const pass = this.#nextPass(training);
    for (const layer of this.#layers) layer.forward(count, pass);
  }

  #nextPass(training: boolean): PassContext {
    const pass = { training, number: this.#passes };
    if (training) this.#passes += 1;
    return pass;
  }

  #view(at: Address, size: number): Float32Array {
    return this.#kernels.values(at, size);
  }
}

/** Does work for each of several parts, and lets other work of the thread run after each. */
async function inParts<Part>(
  parts: readonly Part[],
  work: (part: Part) => void,
  pauseIfDue: PauseIfDue,
): Promise<void> {
  for (const part of parts) {
    work(part);
    const pause = pauseIfDue();
    if (pause !== undefined) await pause;
  }
}

/** @returns The layer that takes the most memory for its parameters and the outputs of a batch. */
function largestLayer(plan: Plan, { nodes }: CompiledModel, capacity: number): string {
  const shapes = new Map(plan.model.parameters.map(({ name, shape }) => [name, shape]));
  let largest = { layer: "", size: 0 };
  for (const { layer, operation, shape } of nodes) {
    const ofParameters = parametersOf(operation).map((name) => shapeSize(shapes.get(name) ?? []));
    const size = ofParameters.reduce((sum, one) => sum + one, capacity * shapeSize(shape));
    if (size > largest.size) largest = { layer, size };
  }
  return largest.layer;
}
