import { TributaryError } from "@tributary/protocol";
import type { StepTerms } from "../local-trainer.ts";
import type { Kernels } from "./kernels.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/** Changes a step's gradient before the optimizer takes it. */
export interface GradientTerms {
  /** Set when each example's gradient is to be clipped before they are averaged. */
  readonly exampleClipNorm: number | undefined;
  /** Adds what is to be added to the mean gradient, and clips it. */
  apply(): void;
}

/**
 * Makes a training's terms, from the weights that are in place now.
 * @param memory - Gives memory of the trained parameters' size, the same for the same name.
 * @throws TributaryError `BAD_PARAMETER` for a correction that is not of the model's size.
 */
export function gradientTerms(
  kernels: Kernels,
  parameters: ParameterPlaces,
  terms: StepTerms,
  memory: (name: "anchor" | "correction") => number,
): GradientTerms {
  const { values, gradient, trainedSize: size } = parameters;
  const { exampleClipNorm, proximal = 0, weightDecay = 0, gradientClipNorm, correction } = terms;
  const steps: (() => void)[] = [];
  if (correction !== undefined) {
    if (correction.length !== parameters.layout.size) {
      throw new TributaryError(
        "BAD_PARAMETER",
        `The correction has ${correction.length} values where the model has ${parameters.layout.size}`,
        { remedy: "Give a value for each parameter." },
      );
    }
    const place = memory("correction");
    parameters.writeTrained(correction, place);
    steps.push(() => kernels.add(place, gradient, size));
  }
  if (proximal > 0) {
    const anchor = memory("anchor");
    kernels.heap().copyWithin(anchor, values, values + size);
    steps.push(() => kernels.addDifference(values, anchor, gradient, size, proximal));
  }
  if (weightDecay > 0) steps.push(() => kernels.addScaled(values, gradient, size, weightDecay));
  if (gradientClipNorm !== undefined) {
    steps.push(() => {
      const factor = clipFactor(kernels.sumOfSquares(gradient, size), gradientClipNorm);
      if (factor < 1) kernels.scale(gradient, gradient, size, factor);
    });
  }
  return { exampleClipNorm, apply: () => steps.forEach((step) => step()) };
}

/** What brings a vector down to a norm, and leaves a shorter one as it is. */
export function clipFactor(sumOfSquares: number, norm: number): number {
  const length = Math.sqrt(sumOfSquares);
  return length > norm ? norm / length : 1;
}
