import { PROTOCOL_CONSTANTS } from "../../protocol-constants.ts";
import { wholeNumbers, type Parameter } from "../../schema/parameter.ts";

/** The description of f, which several rules have. */
export const byzantineParameter = {
  values: wholeNumbers(1, PROTOCOL_CONSTANTS.maxCohort),
  meaning: "f: how many members of a cohort may be hostile, whatever they send.",
} as const satisfies Parameter;
