import { asTributaryError, type TributaryError } from "@tributary/protocol";
import type { Admission, Credentials } from "../enrolment/enrolment.ts";
import type { Doorkeeper } from "./session-deps.ts";

/**
 * Asks the doorkeeper whether a client may take part, and calls exactly one of the two functions:
 * before this returns when the doorkeeper answers at once, and later when it has to look something
 * up.
 */
export function lookUpAdmission(
  doorkeeper: Doorkeeper,
  credentials: Credentials,
  admitted: (admission: Admission) => void,
  refused: (error: TributaryError) => void,
): void {
  const refuse = (thrown: unknown): void => refused(asTributaryError(thrown));
  try {
    const admission = doorkeeper.admit(credentials);
    if (admission instanceof Promise) admission.then(admitted, refuse).catch(refuse);
    else admitted(admission);
  } catch (error) {
    refuse(error);
  }
}
