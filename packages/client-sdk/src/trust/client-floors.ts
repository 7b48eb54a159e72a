import {
  PROTOCOL_VERSIONS,
  TributaryError,
  updateCodecNames,
  type Limits,
  type ParameterLayout,
  type Plan,
} from "@tributary/protocol";

/** What this client insists on, whatever a server says: no message lowers it. */
export interface ClientFloors {
  /** Least clients that a plan must promise to average over; 1 unless set. */
  readonly minimumCohort: number;
  /** Names of the update codecs that a plan may use; all that this build speaks unless set. */
  readonly codecs: readonly string[];
  /** Most parameters of a model, frozen ones included; the protocol's limit unless set. 4 bytes of download each. */
  readonly maximumParameters: number;
  /** Oldest protocol version to speak; the oldest of this build unless set. */
  readonly oldestProtocolVersion: number;
}

/**
 * Fills in and checks the app's floors.
 * @throws TributaryError `BAD_PARAMETER` naming the floor that is out of its range.
 */
export function resolveFloors(floors: Partial<ClientFloors>, limits: Limits): ClientFloors {
  const resolved: ClientFloors = {
    minimumCohort: floors.minimumCohort ?? 1,
    codecs: floors.codecs ?? updateCodecNames,
    maximumParameters: floors.maximumParameters ?? limits.maxParameters,
    oldestProtocolVersion: floors.oldestProtocolVersion ?? PROTOCOL_VERSIONS.oldest,
  };
  const { oldest, newest } = PROTOCOL_VERSIONS;
  checkInteger("minimumCohort", resolved.minimumCohort, 1, limits.maxCohort);
  checkInteger("maximumParameters", resolved.maximumParameters, 1, limits.maxParameters);
  checkInteger("oldestProtocolVersion", resolved.oldestProtocolVersion, oldest, newest);
  const known: readonly string[] = updateCodecNames;
  const unknown = resolved.codecs.find((codec) => !known.includes(codec));
  if (unknown !== undefined || resolved.codecs.length === 0) {
    throw new TributaryError(
      "BAD_PARAMETER",
      unknown === undefined
        ? "The floor codecs allows no codec"
        : `The floor codecs names "${unknown}", which this build does not have`,
      { remedy: `Give some of ${updateCodecNames.join(", ")}.`, context: { floor: "codecs" } },
    );
  }
  return resolved;
}

/**
 * Holds a plan against the floors.
 * @throws TributaryError `PLAN_REFUSED` naming the floor in its message and in `context.floor`.
 */
export function checkFloors(floors: ClientFloors, plan: Plan, layout: ParameterLayout): void {
  if (plan.minimumCohort < floors.minimumCohort) {
    throw refused(
      "minimumCohort",
      `The plan averages over at least ${plan.minimumCohort} clients and this client asks for ${floors.minimumCohort}`,
    );
  }
  if (!floors.codecs.includes(plan.update.codec)) {
    throw refused(
      "codecs",
      `The plan's codec is ${plan.update.codec} and this client allows ${floors.codecs.join(", ")}`,
    );
  }
  const { download } = plan;
  if (download.encoding === "difference" && !floors.codecs.includes(download.update.codec)) {
    throw refused(
      "codecs",
      `The plan sends differences in ${download.update.codec} and this client allows ${floors.codecs.join(", ")}`,
    );
  }
  checkParameterCount(floors, layout.size);
}

/** @throws TributaryError `PLAN_REFUSED` when a model of `parameters` values is above `maximumParameters`. */
export function checkParameterCount(floors: ClientFloors, parameters: number): void {
  if (parameters <= floors.maximumParameters) return;
  throw refused(
    "maximumParameters",
    `The model has ${parameters} parameters and this client takes ${floors.maximumParameters}`,
  );
}

function refused(floor: keyof ClientFloors, cause: string): TributaryError {
  return new TributaryError("PLAN_REFUSED", `${cause} (floor ${floor})`, {
    remedy: "Change the task, or the app's floors if this is acceptable.",
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
