import { TributaryError } from "@tributary/protocol";
import type { StepTerms, TrainRequest } from "./local-trainer.ts";

/**
 * What a training adds to its steps: what the plan says, and what the request gives beside it or instead.
 * @returns `undefined` for nothing.
 * @throws TributaryError `BAD_PARAMETER` for a number that is out of range.
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

function requireRange(name: string, value: number | undefined, mayBeZero: boolean): void {
  if (value === undefined || (Number.isFinite(value) && (mayBeZero ? value >= 0 : value > 0)))
    return;
  throw new TributaryError("BAD_PARAMETER", `The term ${name} is ${value}`, {
    remedy: `Give a number ${mayBeZero ? "of at least" : "above"} 0.`,
  });
}
