import { TributaryError, type Plan, type RandomSource } from "@tributary/protocol";
import { Arena } from "./arena.ts";
import type { StepTerms } from "../local-trainer.ts";
import { sizeOf } from "../example-format.ts";
import { clipFactor, gradientTerms, type GradientTerms } from "./gradient-terms.ts";
import type { Kernels } from "./kernels.ts";
import { parametersOf, type CompiledModel } from "./layer-node.ts";
import { buildLayer } from "./layers/build-layer.ts";
import type { FusedLayer } from "./layers/layer.ts";
import { lossHead, type LossHead } from "./loss-head.ts";
import { layOutNodes, withBranches } from "./node-places.ts";
import { ParameterPlaces } from "./parameter-places.ts";
import { stepOptimizer, type StepOptimizer } from "./step-optimizer.ts";

/**
 * A plan's model in the memory of some kernels: weights once, gradients and the optimizer's state of what is trained,
 * and activations for `capacity` examples.
 */
export class FusedNetwork {
  readonly parameters: ParameterPlaces;
  readonly optimizer: StepOptimizer;
  readonly capacity: number;
  /** Floating-point operations of multiplications that a step takes for one example. */
  readonly operationsPerExample: number;
  #passes = 0;
  #terms: GradientTerms | undefined;
  readonly #arena: Arena;
  readonly #memory = new Map<string, number>();
  readonly #kernels: Kernels;
  readonly #layers: readonly FusedLayer[];
  /** Layers whose gradient is needed, last first. */
  readonly #backwards: readonly FusedLayer[];
  readonly #head: LossHead;
  readonly #places: { readonly inputs: number; readonly targets: number; readonly outputs: number };
  readonly #sizes: { readonly input: number; readonly output: number };

  /**
   * @throws TributaryError `PLAN_INVALID` when the plan trains nothing, `MODEL_UNSUPPORTED` when there is not enough
   *   memory.
   */
  constructor(plan: Plan, model: CompiledModel, kernels: Kernels, capacity: number) {
    const arena = new Arena(kernels, largestLayer(plan, model, capacity));
    const allocate = (size: number): number => arena.allocate(size);
    this.#kernels = kernels;
    this.#arena = arena;
    this.capacity = capacity;
    this.parameters = new ParameterPlaces(plan, kernels, allocate);
    if (this.parameters.trainedSize === 0) {
      throw new TributaryError("PLAN_INVALID", "The plan trains nothing that has a gradient", {
        remedy: "Name layers with kernels or embeddings as trainable.",
      });
    }
    const nodes = layOutNodes(model, this.parameters, capacity, allocate);
    const layers = model.nodes.map((node, index) =>
      withBranches(kernels, nodes.inputsOf(index), (inputs) =>
        buildLayer({
          kernels,
          operation: node.operation,
          inputs,
          output: nodes.of(index),
          capacity,
          parameter: (name) => this.parameters.of(name),
          allocate,
          scratch: (size) => arena.scratch(size),
        }),
      ),
    );
    const input = nodes.of(-1);
    const end = nodes.of(model.nodes.length - 1);
    const targets = allocate(capacity * end.size);
    const outputs = allocate(capacity * end.size);
    this.#layers = layers;
    this.#backwards = layers.filter((_, index) => nodes.of(index).gradient !== 0).reverse();
    this.#head = lossHead(kernels, plan.training.loss, model.output, end, targets, outputs);
    this.#places = { inputs: input.values, targets, outputs };
    this.#sizes = { input: input.size, output: end.size };
    this.optimizer = stepOptimizer(kernels, plan.training.optimizer, this.parameters, allocate);
    this.operationsPerExample = layers.reduce(
      (sum, { operations }) => sum + operations.forward + operations.backward,
      0,
    );
    arena.commit();
  }

  /** Memory that batches are put into, shape [capacity, size]. */
  get inputs(): Float32Array {
    return this.#view(this.#places.inputs, this.capacity * this.#sizes.input);
  }

  get targets(): Float32Array {
    return this.#view(this.#places.targets, this.capacity * this.#sizes.output);
  }

  /** What the last pass gave, shape [capacity, output size]; the next one overwrites it. */
  get outputs(): Float32Array {
    return this.#view(this.#places.outputs, this.capacity * this.#sizes.output);
  }

  /**
   * Begins a training: fresh optimizer state, and dropout from `random`. Views of memory from before are detached.
   * @throws TributaryError `BAD_PARAMETER` for a correction that is not of the model's size.
   */
  startTraining(random: RandomSource, terms: StepTerms = {}): void {
    this.#terms = gradientTerms(this.#kernels, this.parameters, terms, (name) =>
      this.#memoryFor(name),
    );
    if (terms.exampleClipNorm !== undefined) this.#memoryFor("sum");
    this.#passes = 0;
    this.optimizer.reset();
    this.#layers.forEach((layer, index) =>
      layer.startTraining?.(random.derive(`dropout ${index}`)),
    );
  }

  /** One optimizer step on the first `count` examples. @returns Their mean loss before it. */
  step(count: number): number {
    const norm = this.#terms?.exampleClipNorm;
    const loss = norm === undefined ? this.differentiate(count) : this.#clipEach(count, norm);
    this.#terms?.apply();
    this.optimizer.step();
    return loss;
  }

  /** Makes ready to add gradients up. Views of memory from before are detached. */
  startSum(): void {
    const sum = this.#memoryFor("sum");
    this.#kernels.heap().fill(0, sum, sum + this.parameters.trainedSize);
  }

  /** Adds `share` times the gradient of the first `count` examples' mean loss, without dropout. @returns That loss. */
  addToSum(count: number, share: number): number {
    const loss = this.differentiate(count, false);
    const { gradient, trainedSize } = this.parameters;
    this.#kernels.addScaled(gradient, this.#memoryFor("sum"), trainedSize, share);
    return loss;
  }

  /** Puts the sum into the place of the gradient. */
  finishSum(): void {
    const { gradient, trainedSize } = this.parameters;
    const sum = this.#memoryFor("sum");
    this.#kernels.heap().copyWithin(gradient, sum, sum + trainedSize);
  }

  /** Gradient of the mean loss of the first `count` examples. @returns That loss. */
  differentiate(count: number, training = true): number {
    this.#forward(count, training);
    const loss = this.#head.score(count);
    for (const layer of this.#backwards) layer.backward(count);
    return loss;
  }

  /** @returns The mean loss, as evaluated: no dropout. Spoils the gradient of the last node only. */
  score(count: number): number {
    this.#forward(count, false);
    return this.#head.score(count);
  }

  predict(count: number): void {
    this.#forward(count, false);
    this.#head.activate(count);
  }

  /** The mean of gradients of single examples, each clipped, in the place of the gradient. */
  #clipEach(count: number, norm: number): number {
    const { gradient, trainedSize } = this.parameters;
    const { inputs, targets, outputs } = this;
    const given = outputs.slice();
    // Each example takes its turn in the place of the first.
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

  /** Memory of the trained parameters' size for what not every training needs. */
  #memoryFor(name: string): number {
    let place = this.#memory.get(name);
    if (place === undefined) {
      place = this.#arena.extend(this.parameters.trainedSize);
      this.#memory.set(name, place);
    }
    return place;
  }

  #forward(count: number, training: boolean): void {
    const pass = { training, number: this.#passes };
    if (training) this.#passes += 1;
    for (const layer of this.#layers) layer.forward(count, pass);
  }

  #view(place: number, size: number): Float32Array {
    return this.#kernels.heap().subarray(place, place + size);
  }
}

/** The layer that takes the most memory: for its parameters, and for its outputs of so many examples. */
function largestLayer(plan: Plan, { nodes }: CompiledModel, capacity: number): string {
  const shapes = new Map(plan.model.parameters.map(({ name, shape }) => [name, shape]));
  let largest = { layer: "", size: 0 };
  for (const { layer, operation, shape } of nodes) {
    const ofParameters = parametersOf(operation).map((name) => sizeOf(shapes.get(name) ?? []));
    const size = ofParameters.reduce((sum, one) => sum + one, capacity * sizeOf(shape));
    if (size > largest.size) largest = { layer, size };
  }
  return largest.layer;
}
