import {
  layoutOf,
  shapeSize,
  type Parameter,
  type ParameterLayout,
  type Plan,
} from "@tributary/protocol";
import { requireWeightCount } from "../engine-trainer.ts";
import type { BatchMemory } from "../example-batch.ts";
import type { CompiledModel } from "../fused/compile/layer-node.ts";
import type { OnnxRuntime, OnnxTensor } from "./runtime/onnx-runtime.ts";
import { lossWeight } from "./step/loss.ts";
import { NAMES } from "./step/step-graph.ts";

/** Tensors by the names of a graph's inputs or outputs. */
export type NamedTensors = Record<string, OnnxTensor>;

/** What a pass over so many examples reads and writes besides the parameters. */
export interface BatchTensors {
  readonly count: number;
  readonly feeds: NamedTensors;
  readonly fetches: NamedTensors;
  /** Where the pass writes the loss, [1], and the outputs. */
  readonly loss: Float32Array;
  readonly outputs: Float32Array;
}

/**
 * The memory of a model: a batch, and two sides of each parameter. A graph may not write over what it
 * reads, so steps go from one side to the other and back, and nothing is copied between them.
 */
export class NativeMemory {
  readonly layout: ParameterLayout;
  readonly #plan: Plan;
  readonly #compiled: CompiledModel;
  readonly #runtime: OnnxRuntime;
  readonly #sides: readonly [ReadonlyMap<string, Side>, ReadonlyMap<string, Side>];
  #batch: BatchMemory = { inputs: new Float32Array(0), targets: new Float32Array(0) };
  #outputs = new Float32Array(0);
  #capacity = 0;
  /** The tensors of the last pass, since most batches have the same size. */
  #last: BatchTensors | undefined;

  constructor(runtime: OnnxRuntime, plan: Plan, compiled: CompiledModel) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#compiled = compiled;
    this.layout = layoutOf(plan.model.parameters);
    const side = (): ReadonlyMap<string, Side> =>
      new Map(this.layout.parameters.map((parameter) => [parameter.name, this.side(parameter)]));
    this.#sides = [side(), side()];
  }

  /** Where batches are put. */
  get batch(): BatchMemory {
    return this.#batch;
  }

  /** Makes room for so many examples. */
  reserve(examples: number): void {
    if (examples <= this.#capacity) return;
    const { inputShape, outputShape } = this.#compiled;
    const room = (shape: readonly number[]): Float32Array<ArrayBuffer> =>
      new Float32Array(examples * shapeSize(shape));
    this.#batch = { inputs: room(inputShape), targets: room(outputShape) };
    this.#outputs = room(outputShape);
    this.#capacity = examples;
    this.#last = undefined;
  }

  /** Makes memory of the size of a parameter, which begins with a value. */
  side({ shape, size }: Pick<Parameter, "shape" | "size">, start = 0): Side {
    const values = new Float32Array(size).fill(start);
    return { values, tensor: this.#runtime.tensor(values, shape) };
  }

  /** Sets all parameters on the first side. @param weights - The whole checkpoint, which is copied. */
  write(weights: Float32Array): void {
    requireWeightCount(weights, this.layout.size);
    for (const { name, offset, size } of this.layout.parameters) {
      this.#sides[0].get(name)!.values.set(weights.subarray(offset, offset + size));
    }
  }

  /**
   * @param changed - The parameters that are on a side of their own; the others stay on the first.
   * @returns The whole checkpoint, in new memory.
   */
  read(side: 0 | 1, changed: ReadonlySet<string>): Float32Array {
    const weights = new Float32Array(this.layout.size);
    for (const { name, offset } of this.layout.parameters) {
      weights.set(this.#sides[changed.has(name) ? side : 0].get(name)!.values, offset);
    }
    return weights;
  }

  /** @returns The parameters on a side, as a graph reads them. */
  feeds(side: 0 | 1, changed: ReadonlySet<string>): NamedTensors {
    const read = ({ name }: Parameter): [string, OnnxTensor] => [
      NAMES.parameter(name),
      this.#sides[changed.has(name) ? side : 0].get(name)!.tensor,
    ];
    return Object.fromEntries(this.layout.parameters.map(read));
  }

  /** @returns Where a graph writes what the parameters are on a side. */
  fetches(side: 0 | 1, changed: ReadonlySet<string>): NamedTensors {
    return Object.fromEntries(
      [...changed].map((name) => [
        NAMES.after(NAMES.parameter(name)),
        this.#sides[side].get(name)!.tensor,
      ]),
    );
  }

  /** Gives the tensors of the first `count` examples. */
  tensors(count: number): BatchTensors {
    if (this.#last?.count === count) return this.#last;
    const { inputShape, outputShape } = this.#compiled;
    const first = (values: Float32Array, shape: readonly number[]): OnnxTensor =>
      this.#runtime.tensor(values.subarray(0, count * shapeSize(shape)), [count, ...shape]);
    const weight = lossWeight(this.#plan.training.loss, outputShape, count);
    const loss = new Float32Array(1);
    const outputs = first(this.#outputs, outputShape);
    this.#last = {
      ...{ count, loss, outputs: outputs.data },
      feeds: {
        [NAMES.inputs]: first(this.#batch.inputs, inputShape),
        [NAMES.targets]: first(this.#batch.targets, outputShape),
        [NAMES.weight]: this.scalar(weight),
      },
      fetches: { [NAMES.loss]: this.#runtime.tensor(loss, []), [NAMES.outputs]: outputs },
    };
    return this.#last;
  }

  /** Makes a tensor without axes. */
  scalar(value: number): OnnxTensor {
    return this.#runtime.tensor(Float32Array.of(value), []);
  }

  /** Makes a tensor of a shape over values, which are not copied. */
  over(values: Float32Array, shape: readonly number[]): OnnxTensor {
    return this.#runtime.tensor(values, shape);
  }
}

/** One side of a parameter. */
export interface Side {
  readonly values: Float32Array;
  readonly tensor: OnnxTensor;
}
