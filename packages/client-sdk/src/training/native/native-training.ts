import {
  completeOptimizer,
  shapeSize,
  TributaryError,
  type OptimizerSpec,
  type Parameter,
} from "@tributary/protocol";
import type { BatchResult } from "../engine-model.ts";
import type { StepTerms, TrainRequest } from "../local-trainer.ts";
import type { DropFactors } from "./drop-factors.ts";
import type { NamedTensors, NativeMemory } from "./native-memory.ts";
import type { OnnxSession } from "./runtime/onnx-runtime.ts";
import { NAMES, type StepGraph } from "./step/step-graph.ts";

/** A graph that has been loaded. */
export interface LoadedGraph {
  readonly graph: StepGraph;
  readonly session: OnnxSession;
}

/** What a dropout of the graph multiplies by. */
interface Drop {
  readonly name: string;
  readonly shape: readonly number[];
  readonly write: (factors: Float32Array, step: number) => void;
  readonly room: Float32Array;
}

/** One training: the graph is run for each step, and reads what the step before has written. */
export class NativeTraining {
  readonly #session: OnnxSession;
  readonly #memory: NativeMemory;
  readonly #changed: ReadonlySet<string>;
  /** What a step reads and writes on the way from a side to the other, besides the batch. */
  readonly #ways: readonly [Way, Way];
  readonly #drops: readonly Drop[];
  readonly #corrections: (() => NamedTensors) | undefined;
  #side: 0 | 1 = 0;
  #steps = 0;

  /**
   * Begins from the parameters on the first side of the memory, with a fresh state of the optimizer.
   * @param capacity - The largest number of examples in a batch.
   */
  constructor(
    { graph, session }: LoadedGraph,
    memory: NativeMemory,
    { plan, random, terms }: Pick<TrainRequest, "plan" | "random" | "terms">,
    dropFactors: DropFactors,
    capacity: number,
  ) {
    const { parameters } = memory.layout;
    this.#session = session;
    this.#memory = memory;
    this.#changed = new Set(graph.changed);
    const trained = parameters.filter(({ name }) => graph.trained.includes(name));
    const state = stateOf(graph, memory, trained);
    const fixed = termTensors(memory, trained, terms ?? {});
    const way = (from: 0 | 1, to: 0 | 1): Way => ({
      feeds: { ...memory.feeds(from, this.#changed), ...state(from, (name) => name), ...fixed },
      fetches: { ...memory.fetches(to, this.#changed), ...state(to, NAMES.after) },
    });
    this.#ways = [way(0, 1), way(1, 0)];
    this.#drops = graph.drops.map((drop) => ({
      ...{ name: drop.name, shape: drop.shape, write: dropFactors.start(drop, random) },
      room: new Float32Array(capacity * shapeSize(drop.shape)),
    }));
    const { optimizer } = plan.training;
    this.#corrections = graph.optimizer.corrects ? correctionsOf(memory, optimizer) : undefined;
  }

  /** Takes one step on the first `count` examples of the batch. */
  async step(count: number): Promise<BatchResult> {
    const batch = this.#memory.tensors(count);
    const { feeds, fetches } = this.#ways[this.#side];
    await this.#session.run(
      {
        ...{ ...feeds, ...batch.feeds, ...this.#factors(count) },
        ...this.#corrections?.(),
      },
      { ...fetches, ...batch.fetches },
    );
    this.#side = this.#side === 0 ? 1 : 0;
    this.#steps += 1;
    return { loss: batch.loss[0]!, outputs: batch.outputs };
  }

  /** @returns All parameters as they are now, in new memory. */
  weights(): Float32Array {
    return this.#memory.read(this.#side, this.#changed);
  }

  #factors(count: number): NamedTensors {
    return Object.fromEntries(
      this.#drops.map(({ name, shape, write, room }) => {
        const factors = room.subarray(0, count * shapeSize(shape));
        write(factors, this.#steps);
        return [name, this.#memory.over(factors, [count, ...shape])];
      }),
    );
  }
}

/** What a graph reads and writes. */
interface Way {
  readonly feeds: NamedTensors;
  readonly fetches: NamedTensors;
}

/** Makes the state of the optimizer, which has two sides as the parameters have. */
function stateOf(
  { optimizer: { state } }: StepGraph,
  memory: NativeMemory,
  trained: readonly Parameter[],
): (side: 0 | 1, named: (input: string) => string) => NamedTensors {
  const sides = trained.flatMap((parameter) =>
    state.map(({ name, start }) => ({
      input: NAMES.state(name, parameter.name),
      sides: [memory.side(parameter, start), memory.side(parameter)] as const,
    })),
  );
  return (side, named) =>
    Object.fromEntries(sides.map(({ input, sides: both }) => [named(input), both[side].tensor]));
}

/**
 * Gives what the terms of a training add to its steps, which does not change.
 * @throws TributaryError `BAD_PARAMETER` when the correction does not have the size of the model.
 */
function termTensors(
  memory: NativeMemory,
  trained: readonly Parameter[],
  { correction, proximal = 0 }: StepTerms,
): NamedTensors {
  if (correction !== undefined && correction.length !== memory.layout.size) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `The correction has ${correction.length} values where the model has ${memory.layout.size}`,
      { remedy: "Give a value for each parameter." },
    );
  }
  const given = (vector: Float32Array, named: (name: string) => string): NamedTensors =>
    Object.fromEntries(
      trained.map(({ name, shape, offset, size }) => [
        named(name),
        memory.over(vector.slice(offset, offset + size), shape),
      ]),
    );
  return {
    ...(correction === undefined ? {} : given(correction, NAMES.correction)),
    // The proximal term pulls towards the weights that are in place now.
    ...(proximal > 0 ? given(memory.read(0, new Set()), NAMES.anchor) : {}),
  };
}

/** Gives by what Adam's means are divided in a step, because both begin at 0. */
function correctionsOf(
  memory: NativeMemory,
  optimizer: OptimizerSpec,
): (() => NamedTensors) | undefined {
  const spec = completeOptimizer(optimizer);
  if (spec.name !== "adam") return undefined;
  const powers = [1, 1];
  return () => {
    [spec.beta1, spec.beta2].forEach((beta, index) => (powers[index]! *= beta));
    const scalars = powers.map((power) => memory.scalar(1 - power));
    return Object.fromEntries(NAMES.corrections.map((name, index) => [name, scalars[index]!]));
  };
}
