import {
  TributaryError,
  canonicalize,
  rangesSize,
  toHex,
  updateCodec,
  utf8,
  type SymmetricCrypto,
  type ModelParts,
  type Plan,
} from "@tributary/protocol";
import { FLOORS, floorNames, type ClientFloors } from "./client-floors.ts";
import type { PlanTerms } from "./floor-kinds.ts";

/** Works out what floors look at. */
export function termsOf(
  crypto: SymmetricCrypto,
  { plan, layout, parts }: Pick<PlanTerms, "plan" | "layout"> & { readonly parts: ModelParts },
): PlanTerms {
  const values = updateCodec(plan.update).payloadBytes(rangesSize(parts.updated)).max;
  return {
    plan,
    layout,
    // Only a client that pins its models needs the hash, and every delivery brings a plan.
    get topologyHash() {
      return toHex(crypto.sha256(utf8(canonicalize(plan.model.topology))));
    },
    updateBytes: values + 4 * rangesSize(parts.statistics),
  };
}

/**
 * Checks a plan against the floors.
 * @param isForWork - Whether the client is to do what the plan says. If it only takes the plan's
 *   model, only the floors about models count.
 * @throws TributaryError `PLAN_REFUSED` when the plan breaks a floor; the message and
 *   `context.floor` name it.
 */
export function checkFloors(floors: ClientFloors, terms: PlanTerms, isForWork: boolean): void {
  for (const name of floorNames) {
    if (!isForWork && FLOORS[name].isAboutModel !== true) continue;
    const broken = brokenBy(terms, name, floors[name]);
    if (broken !== undefined) throw brokenFloor(name, broken);
  }
}

/** How a plan breaks one floor; undefined when it does not. */
function brokenBy<Name extends keyof ClientFloors>(
  terms: PlanTerms,
  name: Name,
  floor: ClientFloors[Name],
): string | undefined {
  return FLOORS[name].broken?.(floor, terms);
}

/**
 * Checks whether the client has enough examples of its own.
 * @throws TributaryError `EXAMPLES_INVALID` when it has fewer than the floor `minimumExamples`.
 */
export function checkEnough({ minimumExamples: floor }: ClientFloors, exampleCount: number): void {
  if (exampleCount >= floor) return;
  throw new TributaryError(
    "EXAMPLES_INVALID",
    `There are ${exampleCount} examples, but this client demands ${floor} (floor minimumExamples)`,
    {
      remedy: "Collect more examples before the client takes part, or change the app's floors.",
      context: { floor: "minimumExamples", count: exampleCount },
    },
  );
}

/**
 * Checks how much work a plan is with the client's examples.
 * @param exampleCount - How many examples the client trains on.
 * @throws TributaryError `PLAN_REFUSED` when it is more steps than the floor `maximumSteps` allows.
 */
export function checkSteps(
  { maximumSteps }: ClientFloors,
  { training: { localEpochs, batchSize } }: Plan,
  exampleCount: number,
): void {
  const steps = localEpochs * Math.ceil(exampleCount / batchSize);
  if (steps <= maximumSteps) return;
  throw brokenFloor(
    "maximumSteps",
    `the plan takes ${steps} steps with ${exampleCount} examples, but this client allows ${maximumSteps}`,
  );
}

/**
 * Checks the size of a model, which is known before its plan is.
 * @throws TributaryError `PLAN_REFUSED` when it exceeds the floor `maximumParameters`.
 */
export function checkParameterCount({ maximumParameters }: ClientFloors, parameters: number): void {
  if (parameters <= maximumParameters) return;
  throw brokenFloor(
    "maximumParameters",
    `the model has ${parameters} parameters, but this client takes at most ${maximumParameters}`,
  );
}

/** The error of a plan that breaks a floor. @param broken - How, as a clause. */
export function brokenFloor(floor: keyof ClientFloors, broken: string): TributaryError {
  const cause = `${broken.charAt(0).toUpperCase()}${broken.slice(1)} (floor ${floor})`;
  return new TributaryError("PLAN_REFUSED", cause, {
    remedy: "Change the task, or change the app's floors if this plan is acceptable.",
    context: { floor },
  });
}
