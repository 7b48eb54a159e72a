import { TributaryError, clipFactor, type Address } from "@tributary/protocol";
import type { StepTerms } from "../../local-trainer.ts";

import type { ParameterPlaces } from "./parameter-places.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";

/** What changes the gradient of a step before the optimizer takes it. */
export interface GradientTerms {
  /**
   * The L2 norm that the gradient of each example is clipped to before they are averaged, if any.
   */
  readonly exampleClipNorm: number | undefined;
  /** Whether there are none, so that every step takes the mean gradient as it is. */
  readonly areNone: boolean;
  /** Adds the terms to the mean gradient and then clips it. */
  apply(): void;
}

/**
 * Makes the terms of a training. The proximal term pulls towards the weights that are in place now.
 * @param memory - Gives memory of the size of the trained parameters, always the same for a name.
 * @throws TributaryError `BAD_PARAMETER` when the correction does not have the size of the model.
 */
export function gradientTerms(
  kernels: TrainingKernels,
  parameters: ParameterPlaces,
  terms: StepTerms,
  memory: (name: "anchor" | "correction") => Address,
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
    kernels.copy(values, anchor, size);
    steps.push(() => kernels.addDifference(values, anchor, gradient, size, proximal));
  }
  if (weightDecay > 0) steps.push(() => kernels.addScaled(values, gradient, size, weightDecay));
  if (gradientClipNorm !== undefined) {
    steps.push(() => {
      const factor = clipFactor(kernels.sumOfSquares(gradient, size), gradientClipNorm);
      if (factor < 1) kernels.scale(gradient, gradient, size, factor);
    });
  }
  const areNone = steps.length === 0 && exampleClipNorm === undefined;
  return { exampleClipNorm, areNone, apply: () => steps.forEach((step) => step()) };
}
