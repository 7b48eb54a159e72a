import { TributaryError, type Plan } from "@tributary/protocol";
import type { BatchResult, EngineModel, EngineTraining } from "../engine-model.ts";
import { EngineTrainer, requireWeightCount, type Engine } from "../engine-trainer.ts";
import type { BatchMemory, ExampleBatch } from "../example-batch.ts";
import type { ExampleFormat } from "../example-format.ts";
import type { EvaluateRequest, LocalTrainer, TrainRequest } from "../local-trainer.ts";
import { checkedFormat, forEachSlice } from "../training-run.ts";
import { compileTopology } from "./compile-topology.ts";
import type { Kernels, KernelSource } from "./kernels.ts";
import type { CompiledModel } from "./layer-node.ts";
import { FusedNetwork } from "./network.ts";
import { createReferenceKernels } from "./reference/reference-kernels.ts";
import { compileFusedModule, wasmKernels } from "./wasm-module.ts";

/** Computes in WebAssembly, or in plain TypeScript with the same bits. */
export type FusedBackendName = Kernels["name"];

export interface FusedTrainerOptions {
  /** `auto`, the default: `wasm` where there is WebAssembly with SIMD, the slow `reference` elsewhere. */
  readonly backend?: "auto" | FusedBackendName;
}

/** A `LocalTrainer` whose results are the same bits on every platform. */
export interface FusedTrainer extends LocalTrainer {
  readonly backend: FusedBackendName;
  /**
   * The gradient of the mean loss over all examples, without dropout: what control variates are made of.
   * @throws TributaryError as `evaluate`.
   */
  gradient(request: EvaluateRequest): Promise<GradientResult>;
}

export interface GradientResult {
  /** New Float32, shape [layout.size]; 0 for what the plan freezes. */
  readonly gradient: Float32Array;
  /** Mean over the examples. */
  readonly loss: number;
}

/**
 * Makes a trainer that computes whole steps in a WebAssembly module of a few kilobytes: dense and convolutional
 * models several times faster than tfjs on a CPU, and bit for bit the same in Node and in every browser. Models that
 * it does not take are refused with `MODEL_UNSUPPORTED` and the layer's name.
 *
 * ```ts
 * const trainer = await createFusedTrainer();
 * const { weights, metrics } = await trainer.train({ plan, weights: checkpoint, examples, random });
 * ```
 * @throws TributaryError `ENGINE_UNAVAILABLE` when `wasm` is asked for and not there.
 */
export async function createFusedTrainer({
  backend = "auto",
}: FusedTrainerOptions = {}): Promise<FusedTrainer> {
  const module = backend === "reference" ? undefined : await compileFusedModule();
  if (module === undefined && backend === "wasm") {
    throw new TributaryError("ENGINE_UNAVAILABLE", "There is no WebAssembly with SIMD here", {
      remedy: 'Allow it in the page\'s policy ("wasm-unsafe-eval"), or use the engine "auto".',
    });
  }
  const engine =
    module === undefined
      ? new FusedEngine("reference", () => Promise.resolve(createReferenceKernels()))
      : new FusedEngine("wasm", wasmKernels(module));
  return new Trainer(engine);
}

class Trainer extends EngineTrainer<FusedModel, FusedEngine> implements FusedTrainer {
  get backend(): FusedBackendName {
    return this.engine.backend;
  }

  gradient(request: EvaluateRequest): Promise<GradientResult> {
    const most = Math.min(this.engine.evaluationBatch, request.examples.count);
    return this.inTurn(request, most, async (model, work) => {
      const { plan, examples } = request;
      const format = await checkedFormat(plan, examples, model, work);
      const sum = model.startGradient();
      await forEachSlice({ examples, format, model, most, work }, ({ count }) =>
        sum.add(count, count / examples.count),
      );
      return sum.result();
    });
  }
}

interface Prepared {
  readonly key: string;
  readonly model: FusedModel;
}

class FusedEngine implements Engine<FusedModel> {
  /** As many as fill the tiles, so that evaluating takes little more memory than training. */
  readonly evaluationBatch = 32;
  readonly backend: FusedBackendName;
  readonly #source: KernelSource;
  #prepared: Prepared | undefined;
  /** The plan that `#prepared` was last used for: most calls come with the same one. */
  #plan: Plan | undefined;

  constructor(backend: FusedBackendName, source: KernelSource) {
    this.backend = backend;
    this.#source = source;
  }

  get name(): string {
    return `the fused trainer (${this.backend})`;
  }

  async prepare(
    { plan, weights }: Pick<EvaluateRequest, "plan" | "weights">,
    examples: number,
  ): Promise<FusedModel> {
    const key = this.#plan === plan && this.#prepared ? this.#prepared.key : keyOf(plan);
    if (this.#prepared?.key !== key || this.#prepared.model.capacity < examples) {
      this.dispose();
      const compiled = compileTopology(plan);
      const network = new FusedNetwork(plan, compiled, await this.#source(), Math.max(1, examples));
      this.#prepared = { key, model: new FusedModel(compiled, network) };
    }
    this.#plan = plan;
    const { model } = this.#prepared;
    model.write(weights);
    return model;
  }

  dispose(): void {
    this.#prepared = undefined;
    this.#plan = undefined;
  }
}

/** What decides a network's memory. */
function keyOf({ model, training }: Plan): string {
  return JSON.stringify([model, training.trainable, training.loss, training.optimizer]);
}

/** A network as the loop over batches takes it. */
class FusedModel implements EngineModel {
  readonly inputShape: readonly number[];
  readonly #outputShape: readonly number[];
  readonly #network: FusedNetwork;
  /** Entries of the table that the inputs are indices into, if they are. */
  readonly #entries: number | undefined;

  constructor(compiled: CompiledModel, network: FusedNetwork) {
    this.inputShape = compiled.inputShape;
    this.#outputShape = compiled.outputShape;
    this.#network = network;
    for (const { operation } of compiled.nodes) {
      if (operation.kind === "embedding") this.#entries = operation.entries;
    }
  }

  get capacity(): number {
    return this.#network.capacity;
  }

  write(weights: Float32Array): void {
    requireWeightCount(weights, this.#network.parameters.layout.size);
    this.#network.parameters.write(weights);
  }

  inputFault(features: Float32Array, from: number, to: number): string | undefined {
    if (this.#entries === undefined) return undefined;
    for (let i = from; i < to; i++) {
      const index = features[i]!;
      if (!(Number.isInteger(index) && index >= 0 && index < this.#entries)) {
        return `has the feature ${index} where indices go from 0 to ${this.#entries - 1}`;
      }
    }
    return undefined;
  }

  outputShapeFor(): number[] {
    return [...this.#outputShape];
  }

  /** Batches are gathered right where the kernels read them. */
  batchMemory(): BatchMemory {
    const { inputs, targets } = this.#network;
    return { inputs, targets };
  }

  startTraining({
    random,
    terms,
  }: Pick<TrainRequest, "plan" | "random" | "terms">): EngineTraining {
    const network = this.#network;
    const { parameters } = network;
    network.startTraining(random, terms);
    const outputs = this.#outputReader();
    return {
      step({ count }) {
        const loss = network.step(count);
        return { loss, outputs: outputs(count) };
      },
      weights: () => parameters.read(),
      end: () => {},
    };
  }

  /** Adds up the gradient of the mean loss over slices of examples; before `batchMemory` is asked for. */
  startGradient(): { add(count: number, share: number): void; result(): GradientResult } {
    const network = this.#network;
    let loss = 0;
    network.startSum();
    return {
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

  /** Views of the outputs: the same one for the same count, since making one costs more than a small step. */
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
