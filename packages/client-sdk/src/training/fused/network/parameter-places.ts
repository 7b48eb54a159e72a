import type { Address, Parameter, ParameterLayout } from "@tributary/protocol";
import { after } from "../kernels/matrix.ts";
import { padded, type TrainingKernels } from "../kernels/training-kernels.ts";
import type { NodeParameter } from "../layers/layer.ts";

/**
 * Where the parameters of a model lie in the memory of the kernels. The trained ones lie side by
 * side, so that an optimizer goes over all of them in one call; the frozen ones follow. Each begins
 * a cache line, and the gaps between them stay zero.
 */
export class ParameterPlaces {
  readonly layout: ParameterLayout;
  /** The number of values of the trained parameters, gaps included. */
  readonly trainedSize: number;
  /** Where the parameters lie, the trained ones first. */
  readonly values: Address;
  /** Where the gradients of the trained parameters lie, in the same order. */
  readonly gradient: Address;
  readonly #kernels: TrainingKernels;
  /** The number of values of all parameters, gaps included. */
  readonly #size: number;
  readonly #places: ReadonlyMap<string, { readonly parameter: Parameter } & NodeParameter>;

  /**
   * @param trained - The names of the parameters that are trained.
   * @param allocate - Allocates memory for so many float32 values.
   */
  constructor(
    layout: ParameterLayout,
    trained: ReadonlySet<string>,
    kernels: TrainingKernels,
    allocate: (size: number) => Address,
  ) {
    this.#kernels = kernels;
    this.layout = layout;
    const { parameters } = layout;
    const first = parameters.filter(({ name }) => trained.has(name));
    const frozen = parameters.filter(({ name }) => !trained.has(name));
    const sizeOf = (group: readonly Parameter[]): number =>
      group.reduce((sum, { size }) => sum + padded(size), 0);
    this.trainedSize = sizeOf(first);
    this.#size = this.trainedSize + sizeOf(frozen);
    this.values = allocate(this.#size);
    this.gradient = allocate(this.trainedSize);
    const places = new Map<string, { parameter: Parameter } & NodeParameter>();
    let offset = 0;
    for (const parameter of [...first, ...frozen]) {
      const gradient = offset < this.trainedSize ? after(this.gradient, offset) : 0;
      places.set(parameter.name, { parameter, values: after(this.values, offset), gradient });
      offset += padded(parameter.size);
    }
    this.#places = places;
  }

  /** Finds a parameter by its name, which must be one of the plan's. */
  of(name: string): NodeParameter {
    return this.#places.get(name)!;
  }

  /** @returns The number of values of a parameter, which must be one of the plan's. */
  sizeOf(name: string): number {
    return this.#places.get(name)!.parameter.size;
  }

  /** Sets all parameters. @param weights - The whole checkpoint, which is copied. */
  write(weights: Float32Array): void {
    for (const { parameter, values } of this.#places.values()) {
      const { offset, size } = parameter;
      this.#kernels.values(values, size).set(weights.subarray(offset, offset + size));
    }
  }

  /**
   * Copies the trained part of a vector into memory that is laid out like the trained parameters.
   * Gaps are set to zero.
   * @param vector - In the layout of the checkpoint.
   * @param to - Where `trainedSize` values fit.
   */
  writeTrained(vector: Float32Array, to: Address): void {
    this.#kernels.fill(to, this.trainedSize, 0);
    for (const { parameter, values, gradient } of this.#places.values()) {
      if (gradient === 0) continue;
      const { offset, size } = parameter;
      const place = to + (values - this.values);
      this.#kernels.values(place, size).set(vector.subarray(offset, offset + size));
    }
  }

  /** @returns The whole checkpoint. @param into - Where it is written; new memory if left out. */
  read(into?: Float32Array): Float32Array {
    return this.#gather(({ values }) => values, into);
  }

  /** Whether all parameters are finite: no sum of squares of finite values overflows a float64. */
  areFinite(): boolean {
    return Number.isFinite(this.#kernels.sumOfSquares(this.values, this.#size));
  }

  /**
   * @returns The gradient of the last batch in the layout of the checkpoint, in new memory; 0 for
   *   frozen parameters.
   */
  readGradient(): Float32Array {
    return this.#gather(({ gradient }) => gradient);
  }

  #gather(
    addressOf: (parameter: NodeParameter) => Address,
    gathered: Float32Array = new Float32Array(this.layout.size),
  ): Float32Array {
    for (const place of this.#places.values()) {
      const from = addressOf(place);
      const { offset, size } = place.parameter;
      if (from !== 0) gathered.set(this.#kernels.values(from, size), offset);
    }
    return gathered;
  }
}
