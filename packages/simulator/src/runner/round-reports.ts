import {
  reportWeight,
  type Collection,
  type PartialSum,
  type WeightingTerms,
} from "@tributary/core";
import { TributaryError, asTributaryError, type ErrorCode } from "@tributary/protocol";
import type { ReportedBeside, ServerPart } from "../algorithms/server-part.ts";
import type { MergedSums } from "./merged-sums.ts";
import type { ClientReport, KeptValues } from "./trainer-pool.ts";

/** Where the reports of a round go. */
export interface RoundReportsDeps {
  readonly collection: Collection;
  /** Those of the collection, where workers add updates up. */
  readonly sums: MergedSums;
  readonly algorithm: ServerPart;
  readonly weighting: WeightingTerms;
  /** What clients keep, by number; `settle` changes it. */
  readonly kept: Map<number, KeptValues>;
}

/** The reports of one round. Each is added as soon as it is there. */
export class RoundReports {
  readonly #deps: RoundReportsDeps;
  readonly #outcomes = new Map<number, ErrorCode | undefined>();
  readonly #kept = new Map<number, KeptValues>();
  /** What the reports that count have measured, in the order in which they came. */
  readonly measured: ClientReport["metrics"][] = [];
  bytesUp = 0;
  trainerMs = 0;

  constructor(deps: RoundReportsDeps) {
    this.#deps = deps;
  }

  /** Whether a client has reported. */
  has(client: number): boolean {
    return this.#outcomes.has(client);
  }

  /** The code of the error with which a client's report was refused; undefined if it was not. */
  refusalOf(client: number): ErrorCode | undefined {
    return this.#outcomes.get(client);
  }

  /** Adds a report, or refuses it. */
  receive(report: ClientReport): void {
    const { collection, algorithm, weighting } = this.#deps;
    this.bytesUp += report.payloadBytes + bytesBeside(report);
    this.trainerMs += report.trainerMs;
    const refusal = report.refusal ?? addTo(collection, report);
    this.#outcomes.set(report.client, refusal);
    if (refusal !== undefined) return;
    this.measured.push(report.metrics);
    if (report.kept !== undefined) this.#kept.set(report.client, report.kept);
    algorithm.add(report, reportWeight(weighting, report.exampleCount));
  }

  /**
   * Has the clients whose reports count keep what these left. It comes when the round is over: a run
   * that is stopped before does the whole round once more later.
   */
  settle(): void {
    for (const [client, values] of this.#kept) this.#deps.kept.set(client, values);
  }

  /** Adds what workers have added up of the updates of reports. */
  merge(sums: readonly PartialSum[]): void {
    this.#deps.sums.merge(sums);
  }
}

/** What an algorithm's vectors and numbers take beside a model or an update. */
export function bytesBeside({ vectors, numbers }: ReportedBeside): number {
  if (vectors === undefined && numbers === undefined) return 0;
  const bytes = 8 * Object.keys(numbers ?? {}).length;
  return Object.values(vectors ?? {}).reduce((sum, { byteLength }) => sum + byteLength, bytes);
}

function addTo(collection: Collection, report: ClientReport): ErrorCode | undefined {
  try {
    const added = collection.receive(report);
    if (added !== undefined) {
      throw new TributaryError("INTERNAL", "A simulation adds reports in its own thread");
    }
    return undefined;
  } catch (error) {
    const { code } = asTributaryError(error);
    if (code === "INTERNAL") throw error;
    return code;
  }
}
