import { TributaryError, type Plan } from "@tributary/protocol";
import type { BatchResult, EngineModel, EngineTraining } from "../engine-model.ts";
import type { BatchMemory, ExampleBatch } from "../example-batch.ts";
import type { ExampleFormat } from "../example-format.ts";
import { indexRangesFault } from "../fused/compile/index-ranges.ts";
import type { CompiledModel } from "../fused/compile/layer-node.ts";
import type { StepTerms, TrainRequest } from "../local-trainer.ts";
import { DropFactors } from "./drop-factors.ts";
import { leastMemory, requireMemory } from "./memory-need.ts";
import { NativeMemory } from "./native-memory.ts";
import { NativeTraining, type LoadedGraph } from "./native-training.ts";
import { asMemoryError } from "./runtime/memory.ts";
import type { OnnxRuntime } from "./runtime/onnx-runtime.ts";
import { scoringGraph, trainingGraph, type StepGraph } from "./step/step-graph.ts";
import type { TrainingKernelSource } from "../fused/kernels/training-kernels.ts";
import { shapeSize } from "@tributary/protocol";

/** A model whose graphs are loaded when they are first needed, and kept for later calls. */
export class NativeModel implements EngineModel {
  readonly inputShape: readonly number[];
  readonly #plan: Plan;
  readonly #compiled: CompiledModel;
  readonly #runtime: OnnxRuntime;
  readonly #memory: NativeMemory;
  readonly #drops: DropFactors;
  #capacity = 0;
  #scoring: Promise<LoadedGraph> | undefined;
  /** The graph of a step with the terms that came last. */
  #training:
    | { readonly terms: string; readonly graph: StepGraph; readonly loaded: Promise<LoadedGraph> }
    | undefined;
  /** How many bytes of what a training needs were there when its memory was last looked for. */
  #heldBytes: number;

  /** @param kernels - Draw dropout masks. */
  constructor(
    runtime: OnnxRuntime,
    kernels: TrainingKernelSource,
    plan: Plan,
    compiled: CompiledModel,
  ) {
    this.inputShape = compiled.inputShape;
    this.#plan = plan;
    this.#compiled = compiled;
    this.#runtime = runtime;
    this.#memory = new NativeMemory(runtime, plan, compiled);
    this.#heldBytes = Float32Array.BYTES_PER_ELEMENT * this.#memory.layout.size;
    this.#drops = new DropFactors(kernels);
  }

  /**
   * Makes room for batches of so many examples, and copies the weights.
   * @throws TributaryError `MODEL_UNSUPPORTED` when there is no memory for the batches.
   */
  prepare(weights: Float32Array, examples: number): void {
    try {
      this.#memory.reserve(examples);
    } catch (error) {
      throw asMemoryError(error);
    }
    this.#capacity = Math.max(this.#capacity, examples);
    this.#memory.write(weights);
  }

  /** See `EngineModel.inputFault`. */
  inputFault(features: Float32Array, from: number, to: number): string | undefined {
    return indexRangesFault(this.#compiled.indices, features, from, to);
  }

  outputShapeFor(): number[] {
    return [...this.#compiled.outputShape];
  }

  /** Batches are gathered where the graphs read them. */
  batchMemory(): BatchMemory {
    return this.#memory.batch;
  }

  startTraining(request: Pick<TrainRequest, "plan" | "random" | "terms">): EngineTraining {
    const { terms = {} } = request;
    if (terms.exampleClipNorm !== undefined) {
      throw new TributaryError(
        "BAD_PARAMETER",
        "The native engine does not clip the gradients of single examples",
        { remedy: "Use the engine fused." },
      );
    }
    const training = this.#begin(request, terms);
    // The loop over batches may end before it asks for the first step.
    training.catch(() => undefined);
    return {
      step: async ({ count }) => (await training).step(count),
      weights: async () => (await training).weights(),
      end: () => {},
    };
  }

  async score(_plan: Plan, _format: ExampleFormat, { count }: ExampleBatch): Promise<BatchResult> {
    if (this.#scoring === undefined) {
      this.#scoring = this.#load(scoringGraph(this.#plan, this.#compiled));
      this.#scoring.catch(() => (this.#scoring = undefined));
    }
    const { session } = await this.#scoring;
    const { feeds, fetches, loss, outputs } = this.#memory.tensors(count);
    await session.run({ ...this.#memory.feeds(0, new Set()), ...feeds }, fetches);
    return { loss: loss[0]!, outputs };
  }

  async predict(
    _inputShape: readonly number[],
    inputs: Float32Array,
    count: number,
  ): Promise<Float32Array> {
    const { batch } = this.#memory;
    batch.inputs.set(inputs);
    batch.targets.fill(0);
    const { outputs } = await this.score(this.#plan, {} as ExampleFormat, { ...batch, count });
    return outputs;
  }

  /** Frees the graphs. No call may be under way. */
  dispose(): void {
    for (const loaded of [this.#scoring, this.#training?.loaded]) {
      loaded?.then(({ session }) => session.release()).catch(() => undefined);
    }
    this.#scoring = this.#training = undefined;
  }

  async #begin(
    request: Pick<TrainRequest, "plan" | "random" | "terms">,
    terms: StepTerms,
  ): Promise<NativeTraining> {
    // A correction is an input of the graph, so only whether there is one matters.
    const { correction, ...numbers } = terms;
    const key = JSON.stringify([numbers, correction !== undefined]);
    if (this.#training?.terms !== key) {
      const old = this.#training?.loaded;
      old?.then(({ session }) => session.release()).catch(() => undefined);
      this.#training = undefined;
      const graph = trainingGraph(this.#plan, this.#compiled, terms);
      this.#requireMemory(graph);
      this.#training = { terms: key, graph, loaded: this.#load(graph) };
      this.#training.loaded.catch(() => (this.#training = undefined));
    } else this.#requireMemory(this.#training.graph);
    const loaded = await this.#training.loaded;
    const sizes = loaded.graph.drops.map(({ shape }) => this.#capacity * shapeSize(shape));
    if (sizes.length > 0) await this.#drops.reserve(Math.max(...sizes));
    return new NativeTraining(loaded, this.#memory, request, this.#drops, this.#capacity);
  }

  #requireMemory(graph: StepGraph): void {
    const need = leastMemory(this.#memory.layout, this.#compiled, graph, this.#capacity);
    // What the model has already is needed, and not free.
    const available = this.#runtime.availableBytes() + this.#heldBytes;
    requireMemory(need, this.#capacity, available);
    this.#heldBytes = Math.max(this.#heldBytes, need.bytes);
  }

  async #load(graph: StepGraph): Promise<LoadedGraph> {
    return { graph, session: await this.#runtime.open(graph.model) };
  }
}
