import type { Plan } from "@tributary/protocol";
import type { BatchResult, EngineModel, EngineTraining } from "../engine-model.ts";
import { requireWeightCount } from "../engine-trainer.ts";
import type { BatchMemory, ExampleBatch } from "../example-batch.ts";
import type { ExampleFormat } from "../example-format.ts";
import type { TrainRequest } from "../local-trainer.ts";
import { indexRangesFault } from "./compile/index-ranges.ts";
import type { CompiledModel, IndexRange } from "./compile/layer-node.ts";
import type { FusedNetwork } from "./network/network.ts";

/** The gradient of a mean loss. */
export interface GradientResult {
  /** Float32 in new memory, shape [layout.size]; 0 for what the plan freezes. */
  readonly gradient: Float32Array;
  /** The mean loss over the examples. */
  readonly loss: number;
}

/**
 * From how many floating-point operations on a step lets other work run within it: about a tenth of a
 * millisecond in WebAssembly, and twenty in plain TypeScript. A smaller one would pay for the promise
 * and gain nothing.
 */
const LARGE_STEP = 2_000_000;

/** A network, as the loop over batches uses it. */
export class FusedModel implements EngineModel {
  readonly inputShape: readonly number[];
  readonly #outputShape: readonly number[];
  readonly #network: FusedNetwork;
  readonly #indices: readonly IndexRange[];

  constructor(compiled: CompiledModel, network: FusedNetwork) {
    this.inputShape = compiled.inputShape;
    this.#outputShape = compiled.outputShape;
    this.#network = network;
    this.#indices = compiled.indices;
  }

  get capacity(): number {
    return this.#network.capacity;
  }

  /** Copies weights into the network. The array itself is not kept. */
  write(weights: Float32Array): void {
    requireWeightCount(weights, this.#network.parameters.layout.size);
    this.#network.parameters.write(weights);
  }

  /** See `EngineModel.inputFault`. */
  inputFault(features: Float32Array, from: number, to: number): string | undefined {
    return indexRangesFault(this.#indices, features, from, to);
  }

  outputShapeFor(): number[] {
    return [...this.#outputShape];
  }

  /** Batches are gathered where the kernels read them, so that nothing is copied twice. */
  batchMemory(): BatchMemory {
    const { inputs, targets } = this.#network;
    return { inputs, targets };
  }

  startTraining({
    random,
    terms,
  }: Pick<TrainRequest, "plan" | "random" | "terms">): EngineTraining {
    // The loop over batches has put the batch where `batchMemory` said, so that only its size is
    // passed.
    const network = this.#network;
    const { parameters } = network;
    network.startTraining(random, terms);
    const outputs = this.#outputReader();
    return {
      step({ count }, pauseIfDue) {
        if (network.operationsPerExample * count < LARGE_STEP) {
          const loss = network.step(count);
          return { loss, outputs: outputs(count) };
        }
        return network
          .stepInParts(count, pauseIfDue)
          .then((loss) => ({ loss, outputs: outputs(count) }));
      },
      weights: (into) => parameters.read(into),
      isFinite: () => parameters.areFinite(),
      end: () => {},
    };
  }

  /**
   * Begins to add up the gradient of the mean loss over slices of the examples. Call it before
   * `batchMemory`, since it may move the memory.
   */
  startGradient(): { add(count: number, share: number): void; result(): GradientResult } {
    const network = this.#network;
    let loss = 0;
    network.startSum();
    return {
      // `share` is the part of all examples that the slice has, so that the sum is a mean.
      add: (count, share) => {
        loss += share * network.addToSum(count, share);
      },
      result: () => {
        network.finishSum();
        return { gradient: network.parameters.readGradient(), loss };
      },
    };
  }

  score(_plan: Plan, _format: ExampleFormat, { count }: ExampleBatch): BatchResult {
    const loss = this.#network.score(count);
    return { loss, outputs: this.#outputReader()(count) };
  }

  predict(_inputShape: readonly number[], inputs: Float32Array, count: number): Float32Array {
    this.#network.inputs.set(inputs);
    this.#network.predict(count);
    return this.#outputReader()(count);
  }

  /**
   * Gives views of the outputs. It gives the same view again while the count stays the same,
   * because making a view costs more than a small step.
   */
  #outputReader(): (count: number) => Float32Array {
    const { outputs } = this.#network;
    const size = outputs.length / this.capacity;
    let view = outputs;
    return (count) => {
      if (view.length !== count * size) view = outputs.subarray(0, count * size);
      return view;
    };
  }
}
