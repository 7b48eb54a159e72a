import {
  layoutOf,
  trainableRanges,
  type Parameter,
  type ParameterLayout,
  type Plan,
} from "@tributary/protocol";
import { padded, type Kernels } from "./kernels.ts";
import type { NodeParameter } from "./layers/layer.ts";

/**
 * Where a plan's parameters are in the kernels' memory: the trained ones side by side, so that an optimizer goes over
 * them in one call, then the frozen ones. Each begins a cache line; what is between them stays zero.
 */
export class ParameterPlaces {
  readonly layout: ParameterLayout;
  /** Values of the trained parameters, with what is between them. */
  readonly trainedSize: number;
  readonly values: number;
  /** 0 when nothing is trained. */
  readonly gradient: number;
  readonly #kernels: Kernels;
  readonly #places: ReadonlyMap<string, { readonly parameter: Parameter } & NodeParameter>;

  /** @throws TributaryError `PLAN_INVALID` when the plan trains a layer that the model does not have. */
  constructor(plan: Plan, kernels: Kernels, allocate: (size: number) => number) {
    this.#kernels = kernels;
    this.layout = layoutOf(plan.model.parameters);
    const ranges = trainableRanges(this.layout, plan.training.trainable);
    const isTrained = ({ offset }: Parameter): boolean =>
      ranges.some((range) => offset >= range.offset && offset < range.offset + range.length);
    const { parameters } = this.layout;
    const trained = parameters.filter(isTrained);
    const frozen = parameters.filter((parameter) => !isTrained(parameter));
    const sizeOf = (group: readonly Parameter[]): number =>
      group.reduce((sum, { size }) => sum + padded(size), 0);
    this.trainedSize = sizeOf(trained);
    this.values = allocate(this.trainedSize + sizeOf(frozen));
    this.gradient = allocate(this.trainedSize);
    const places = new Map<string, { parameter: Parameter } & NodeParameter>();
    let offset = 0;
    for (const parameter of [...trained, ...frozen]) {
      const gradient = offset < this.trainedSize ? this.gradient + offset : 0;
      places.set(parameter.name, { parameter, values: this.values + offset, gradient });
      offset += padded(parameter.size);
    }
    this.#places = places;
  }

  /** Only for parameters that the plan has. */
  of(name: string): NodeParameter {
    return this.#places.get(name)!;
  }

  /** @param weights - The whole checkpoint; copied. */
  write(weights: Float32Array): void {
    const heap = this.#kernels.heap();
    for (const { parameter, values } of this.#places.values()) {
      const { offset, size } = parameter;
      heap.set(weights.subarray(offset, offset + size), values);
    }
  }

  /** Copies a vector of the checkpoint's layout to memory of `trainedSize` values; what is between them is cleared. */
  writeTrained(vector: Float32Array, place: number): void {
    const heap = this.#kernels.heap();
    heap.fill(0, place, place + this.trainedSize);
    for (const { parameter, values, gradient } of this.#places.values()) {
      const { offset, size } = parameter;
      if (gradient !== 0)
        heap.set(vector.subarray(offset, offset + size), place + values - this.values);
    }
  }

  /** The whole checkpoint, new memory. */
  read(): Float32Array {
    return this.#gather(({ values }) => values);
  }

  /** The last batch's gradient in the checkpoint's layout, new memory; 0 for what is frozen. */
  readGradient(): Float32Array {
    return this.#gather(({ gradient }) => gradient);
  }

  #gather(placeOf: (parameter: NodeParameter) => number): Float32Array {
    const heap = this.#kernels.heap();
    const weights = new Float32Array(this.layout.size);
    for (const place of this.#places.values()) {
      const from = placeOf(place);
      const { offset, size } = place.parameter;
      if (from !== 0) weights.set(heap.subarray(from, from + size), offset);
    }
    return weights;
  }
}
