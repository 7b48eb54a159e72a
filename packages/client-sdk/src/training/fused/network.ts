import { TributaryError, type Plan, type RandomSource } from "@tributary/protocol";
import { Arena } from "./arena.ts";
import type { Kernels } from "./kernels.ts";
import type { CompiledModel } from "./layer-node.ts";
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
  #steps = 0;
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
    const arena = new Arena(kernels);
    const allocate = (size: number): number => arena.allocate(size);
    this.#kernels = kernels;
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

  /** Begins a training: fresh optimizer state, and dropout from `random`. */
  startTraining(random: RandomSource): void {
    this.#steps = 0;
    this.optimizer.reset();
    this.#layers.forEach((layer, index) =>
      layer.startTraining?.(random.derive(`dropout ${index}`)),
    );
  }

  /** One optimizer step on the first `count` examples. @returns Their mean loss before it. */
  step(count: number): number {
    const loss = this.differentiate(count);
    this.optimizer.step();
    this.#steps += 1;
    return loss;
  }

  /** Gradient of the mean loss of the first `count` examples. @returns That loss. */
  differentiate(count: number): number {
    this.#forward(count, true);
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

  #forward(count: number, training: boolean): void {
    const pass = { training, step: this.#steps };
    for (const layer of this.#layers) layer.forward(count, pass);
  }

  #view(place: number, size: number): Float32Array {
    return this.#kernels.heap().subarray(place, place + size);
  }
}
