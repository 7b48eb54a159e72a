import {
  PROTOCOL_CONSTANTS,
  PROTOCOL_VERSIONS,
  TributaryError,
  aggregationRuleNames,
  metricNames,
  nearestKey,
  updateCodecNames,
} from "@tributary/protocol";
import { bitsPerValue } from "./bits-per-value.ts";
import { allowedNames, atLeast, atMost, number, oneOfList, type Floor } from "./floor-kinds.ts";

/**
 * The client's floors: minimum rules that the app sets and that no message of a server can weaken.
 * A plan that breaks one is refused, and what the client would do beyond one is not done.
 */
export interface ClientFloors {
  /**
   * The smallest number of clients over which a plan must promise to average; 2 unless set. With 1,
   * an update of this client alone may become the next model, and the operator who chose the model
   * can compute examples from it.
   */
  readonly minimumCohort: number;
  /**
   * The fewest examples with which this client takes part, 1 unless set: an update says the more
   * about an example, the fewer there are. Held-out examples count likewise for evaluations.
   */
  readonly minimumExamples: number;
  /** Names of the tasks that a plan may be of; those of all tasks unless set. */
  readonly tasks: readonly string[] | "all";
  /**
   * The models that a plan may train: SHA-256 of the topology in canonical JSON, hexadecimal, as
   * `PlanSummary.topologyHash` shows it; all unless set.
   */
  readonly topologies: readonly string[] | "all";
  /**
   * The largest number of parameters that a model may have, frozen ones included; as many as the protocol
   * allows unless set. Each parameter is up to 4 bytes of download.
   */
  readonly maximumParameters: number;
  /** The most passes over the examples in a round; no bound unless set. */
  readonly maximumLocalEpochs: number;
  /** The most optimizer steps in a round: passes times batches; no bound unless set. */
  readonly maximumSteps: number;
  /** The longest that a round's work on the examples may take, seconds; no bound unless set. */
  readonly maximumSeconds: number;
  /** Names of the update codecs that a plan may use; all codecs of this build unless set. */
  readonly codecs: readonly string[];
  /**
   * The most bits in which an update may carry each of its values, 32 unless set. A codec of 8.2 bits
   * keeps to a floor of 9.
   */
  readonly maximumBits: number;
  /** The longest update that may be sent, bytes; no bound unless set. */
  readonly maximumUploadBytes: number;
  /**
   * The largest bound on the L2 norm of an update that a plan may name, weight units. Unless it is
   * set, a plan need not bound updates.
   */
  readonly maximumClipNorm: number;
  /** Names of the rules by which the server may combine updates; all unless set. */
  readonly aggregationRules: readonly string[];
  /** Names of the metrics that may be reported besides the loss; all unless set. */
  readonly metrics: readonly string[];
  /**
   * The oldest protocol version that the client accepts; the oldest that this build has unless set.
   */
  readonly oldestProtocolVersion: number;
}

const { maxCohort, maxExampleCount, maxParameters } = PROTOCOL_CONSTANTS;

/** The table of floors: the one place that says what each of them means to a plan. */
export const FLOORS: { readonly [Name in keyof ClientFloors]: Floor<ClientFloors[Name]> } = {
  minimumCohort: atLeast(2, maxCohort, (floor, { plan }) =>
    plan.minimumCohort >= floor
      ? undefined
      : `the plan averages over at least ${plan.minimumCohort} clients, but this client demands ${floor}`,
  ),
  minimumExamples: atLeast(1, maxExampleCount),
  tasks: oneOfList(({ plan }) => plan.task, "the plan is of the task", /./, "names of tasks"),
  topologies: oneOfList(
    ({ topologyHash }) => topologyHash,
    "the plan's model has the topology",
    /^[0-9a-f]{64}$/,
    "SHA-256 hashes in 64 hexadecimal digits",
  ),
  maximumParameters: atMost(({ layout }) => layout.size, "parameters of the model", {
    unlessSet: maxParameters,
    isAboutModel: true,
  }),
  maximumLocalEpochs: atMost(({ plan }) => plan.training.localEpochs, "passes over the examples"),
  maximumSteps: atMost(),
  maximumSeconds: number(),
  codecs: allowedNames(
    updateCodecNames,
    "the plan's codecs",
    ({ plan: { update, download } }) =>
      download.encoding === "difference" ? [update.codec, download.update.codec] : [update.codec],
    { isAboutModel: true },
  ),
  maximumBits: atMost(({ plan }) => bitsPerValue(plan.update), "bits for each value", {
    unlessSet: 32,
  }),
  maximumUploadBytes: atMost(({ updateBytes }) => updateBytes, "bytes of the update"),
  maximumClipNorm: number((floor, { plan }) => {
    if (floor === Infinity || (plan.clipNorm ?? Infinity) <= floor) return undefined;
    const named = plan.clipNorm === null ? "does not bound updates" : `allows ${plan.clipNorm}`;
    return `the plan ${named}, but this client demands a bound of at most ${floor} on their norm`;
  }),
  aggregationRules: allowedNames(aggregationRuleNames, "the plan's rules", ({ plan }) => [
    plan.aggregation.rule,
  ]),
  metrics: allowedNames(metricNames, "the plan's metrics", ({ plan }) => plan.training.metrics, {
    mayBeEmpty: true,
  }),
  oldestProtocolVersion: atLeast(PROTOCOL_VERSIONS.oldest, PROTOCOL_VERSIONS.newest),
};

/** The names of all floors, in the order in which a plan is checked against them. */
export const floorNames = Object.keys(FLOORS) as readonly (keyof ClientFloors)[];

/**
 * Completes the app's floors with the defaults, and checks them.
 * @throws TributaryError `BAD_PARAMETER` when a floor is out of range or there is none of that name;
 *   the message and `context.floor` name it.
 */
export function resolveFloors(floors: Partial<ClientFloors> = {}): ClientFloors {
  if (typeof floors !== "object" || floors === null) {
    throw bad(
      "floors",
      "The floors are no object",
      "Give an object such as { minimumCohort: 10 }.",
    );
  }
  const unknown = Object.keys(floors).find((name) => !Object.hasOwn(FLOORS, name));
  if (unknown !== undefined) {
    const nearest = nearestKey(unknown, floorNames);
    const meant = nearest === undefined ? "" : `Perhaps you meant ${nearest}. `;
    throw bad(unknown, `There is no floor ${unknown}`, `${meant}Use ${floorNames.join(", ")}.`);
  }
  const resolved = floorNames.map((name) => {
    const floor: Floor<unknown> = FLOORS[name];
    const given = floors[name];
    const value = given === undefined ? floor.unlessSet : given;
    const remedy = floor.fault(value);
    if (remedy !== undefined) throw bad(name, `The floor ${name} is ${shown(value)}`, remedy);
    return [name, value] as const;
  });
  return Object.fromEntries(resolved) as unknown as ClientFloors;
}

const shown = (value: unknown): string =>
  typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);

function bad(floor: string, cause: string, remedy: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", cause, { remedy, context: { floor } });
}
