import type { Eligibility, EligibilityDeps } from "../conditions/eligibility.ts";

/** Loads what decides about conditions: most clients never need it. */
export async function createEligibility(deps: EligibilityDeps): Promise<Eligibility> {
  const { Eligibility } = await import("../conditions/eligibility.ts");
  return new Eligibility(deps);
}
