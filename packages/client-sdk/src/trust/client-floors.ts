import {
  PROTOCOL_CONSTANTS,
  PROTOCOL_VERSIONS,
  TributaryError,
  updateCodecNames,
  type ParameterLayout,
  type Plan,
} from "@tributary/protocol";

/**
 * The client's floors: minimum rules that the app sets and that no message of a server can weaken.
 */
export interface ClientFloors {
  /** The smallest number of clients over which a plan must promise to average; 1 unless set. */
  readonly minimumCohort: number;
  /** Names of the update codecs that a plan may use; all codecs of this build unless set. */
  readonly codecs: readonly string[];
  /**
   * The largest number of parameters that a model may have, frozen ones included; as many as the protocol
   * allows unless set. Each parameter is up to 4 bytes of download.
   */
  readonly maximumParameters: number;
  /**
   * The oldest protocol version that the client accepts; the oldest that this build has unless set.
   */
  readonly oldestProtocolVersion: number;
}

/**
 * Completes the app's floors with the defaults, and checks them.
 * @throws TributaryError `BAD_PARAMETER` when a floor is out of range; the message and
 *   `context.floor` name it.
 */
export function resolveFloors(floors: Partial<ClientFloors>): ClientFloors {
  const resolved: ClientFloors = {
    minimumCohort: floors.minimumCohort ?? 1,
    codecs: floors.codecs ?? updateCodecNames,
    maximumParameters: floors.maximumParameters ?? PROTOCOL_CONSTANTS.maxParameters,
    oldestProtocolVersion: floors.oldestProtocolVersion ?? PROTOCOL_VERSIONS.oldest,
  };
  const { oldest, newest } = PROTOCOL_VERSIONS;
  checkInteger("minimumCohort", resolved.minimumCohort, 1, PROTOCOL_CONSTANTS.maxCohort);
  checkInteger(
    "maximumParameters",
    resolved.maximumParameters,
    1,
    PROTOCOL_CONSTANTS.maxParameters,
  );
  checkInteger("oldestProtocolVersion", resolved.oldestProtocolVersion, oldest, newest);
  const known: readonly string[] = updateCodecNames;
  const unknown = resolved.codecs.find((codec) => !known.includes(codec));
  if (unknown !== undefined || resolved.codecs.length === 0) {
    throw new TributaryError(
      "BAD_PARAMETER",
      unknown === undefined
        ? "The floor codecs is an empty list, so no plan could be accepted"
        : `The floor codecs names "${unknown}", which this build does not have`,
      {
        remedy: `Choose from ${updateCodecNames.join(", ")}.`,
        context: { floor: "codecs" },
      },
    );
  }
  return resolved;
}

/**
 * Checks a plan against the floors.
 * @throws TributaryError `PLAN_REFUSED` when the plan breaks a floor; the message and
 *   `context.floor` name it.
 */
export function checkFloors(floors: ClientFloors, plan: Plan, layout: ParameterLayout): void {
  if (plan.minimumCohort < floors.minimumCohort) {
    throw refused(
      "minimumCohort",
      `The plan averages over at least ${plan.minimumCohort} clients, but this client demands ${floors.minimumCohort}`,
    );
  }
  if (!floors.codecs.includes(plan.update.codec)) {
    throw refused(
      "codecs",
      `The plan's codec is ${plan.update.codec}, but this client allows only ${floors.codecs.join(", ")}`,
    );
  }
  const { download } = plan;
  if (download.encoding === "difference" && !floors.codecs.includes(download.update.codec)) {
    throw refused(
      "codecs",
      `The plan sends differences in ${download.update.codec}, but this client allows only ${floors.codecs.join(", ")}`,
    );
  }
  checkParameterCount(floors, layout.size);
}

/**
 * @throws TributaryError `PLAN_REFUSED` when `parameters`, the size of a model, exceeds the floor
 *   `maximumParameters`.
 */
export function checkParameterCount(floors: ClientFloors, parameters: number): void {
  if (parameters <= floors.maximumParameters) return;
  throw refused(
    "maximumParameters",
    `The model has ${parameters} parameters, but this client takes at most ${floors.maximumParameters}`,
  );
}

function refused(floor: keyof ClientFloors, cause: string): TributaryError {
  return new TributaryError("PLAN_REFUSED", `${cause} (floor ${floor})`, {
    remedy: "Change the task, or change the app's floors if this plan is acceptable.",
    context: { floor },
  });
}

function checkInteger(floor: keyof ClientFloors, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new TributaryError("BAD_PARAMETER", `The floor ${floor} is ${value}`, {
    remedy: `Give a whole number from ${min} to ${max}.`,
    context: { floor },
  });
}
