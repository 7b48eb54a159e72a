import type { RandomSource } from "@tributary/protocol";
import { decidedMask, undecidedMask } from "../fused/layers/dropout-mask.ts";
import type { TrainingKernels, TrainingKernelSource } from "../fused/kernels/training-kernels.ts";
import { padded } from "../fused/kernels/training-kernels.ts";
import type { DropInput } from "./step/network-graph.ts";

/** Bytes past the end of an array, which kernels may read. */
const SLACK_BYTES = 256;

/**
 * Draws what dropout multiplies each value by. The kernels of the fused trainer draw it, so that both
 * engines drop the same values for the same seed.
 */
export class DropFactors {
  readonly #source: TrainingKernelSource;
  #kernels: TrainingKernels | undefined;

  constructor(source: TrainingKernelSource) {
    this.#source = source;
  }

  /** Makes room for so many values. Call it before `start`. */
  async reserve(size: number): Promise<void> {
    this.#kernels ??= await this.#source();
    const { firstFree } = this.#kernels;
    this.#kernels.reserve(firstFree + 4 * padded(size) + SLACK_BYTES);
  }

  /**
   * Begins a training.
   * @returns A function that writes the factors of a step, which are counted from 0.
   */
  start(
    { rate, node }: DropInput,
    random: RandomSource,
  ): (factors: Float32Array, step: number) => void {
    const mask = decidedMask(undecidedMask(rate), random.derive(`dropout ${node}`));
    return (factors, step) => {
      const kernels = this.#kernels!;
      const at = kernels.firstFree;
      kernels.fill(at, factors.length, 1);
      kernels.dropout(at, at, factors.length, mask, step);
      factors.set(kernels.values(at, factors.length));
    };
  }
}
