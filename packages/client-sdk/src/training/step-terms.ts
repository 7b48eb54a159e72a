import { TributaryError } from "@tributary/protocol";
import type { StepTerms, TrainRequest } from "./local-trainer.ts";

/**
 * Collects the terms of a training's steps: those of the plan, and those of the request, which take
 * precedence.
 * @returns `undefined` when there are none.
 * @throws TributaryError `BAD_PARAMETER` when a number is out of range.
 */
export function stepTermsOf({
  plan,
  terms,
}: Pick<TrainRequest, "plan" | "terms">): StepTerms | undefined {
  const { proximal, gradientClipNorm } = plan.training;
  if (terms === undefined && proximal === undefined && gradientClipNorm === undefined) {
    return undefined;
  }
  const all: StepTerms = {
    ...(proximal === undefined ? {} : { proximal }),
    ...(gradientClipNorm === undefined ? {} : { gradientClipNorm }),
    ...terms,
  };
  requireRange("exampleClipNorm", all.exampleClipNorm, false);
  requireRange("gradientClipNorm", all.gradientClipNorm, false);
  requireRange("proximal", all.proximal, true);
  requireRange("weightDecay", all.weightDecay, true);
  return all;
}

/**
 * @throws TributaryError `BAD_PARAMETER` when a given value is negative, not finite, or 0 where it
 *   may not be.
 */
function requireRange(name: string, value: number | undefined, mayBeZero: boolean): void {
  if (value === undefined || (Number.isFinite(value) && (mayBeZero ? value >= 0 : value > 0)))
    return;
  throw new TributaryError("BAD_PARAMETER", `The term ${name} is ${value}`, {
    remedy: `Give a finite number ${mayBeZero ? "of at least" : "above"} 0.`,
  });
}
