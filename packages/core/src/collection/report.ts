import {
  TributaryError,
  type BasisForm,
  type MetricBasis,
  type MetricValue,
  type PayloadBytes,
} from "@tributary/protocol";
import { areBases } from "./basis-sums.ts";

/** What a member says about its report before it sends it. Untrusted until `checkReportHeader`. */
export interface ReportHeader {
  /** Examples that the member trained on, or evaluated on. */
  readonly exampleCount: number;
  /** Name of the codec that the update is encoded with; empty when there is no update. */
  readonly codec: string;
  /** Length of the payload in bytes; 0 when there is no update. */
  readonly updateBytes: number;
  readonly metrics: readonly MetricValue[];
  /** Sums that further metrics are computed from; none if left out. */
  readonly bases?: readonly MetricBasis[];
}

/** A report that is complete. */
export interface Report {
  /** Examples behind the report; a whole number ≥ 1. */
  readonly exampleCount: number;
  /** The encoded update and its moving statistics; empty when the round asks for none. */
  readonly payload: Uint8Array;
  /** One finite value for each metric that the round asks for. */
  readonly metrics: readonly MetricValue[];
  /** One for each basis that the round asks for; none if left out. */
  readonly bases?: readonly MetricBasis[];
}

/** What every report of a round must look like. */
export interface ReportForm {
  /** Name of the update codec; empty when the round asks for no update. */
  readonly codec: string;
  /** Number of values in an update; 0 when the round asks for none. */
  readonly dimension: number;
  /** Number of moving statistics behind an update. */
  readonly statistics: number;
  /** Least and greatest length of a payload, in bytes: an encoded update and its statistics. */
  readonly payloadBytes: PayloadBytes;
  /** Names of the metrics that each report must give. */
  readonly metricNames: readonly string[];
  /** The sums that each report must give beside them. */
  readonly bases: readonly BasisForm[];
}

/**
 * Checks the header of a report before any of the report is accepted.
 * @param offered - Number of examples of the kind that the round asks for, as the member offered
 *   them at check-in. A report of more would count for more than the member was selected for.
 * @throws TributaryError `UPDATE_MALFORMED` for another codec, `UPDATE_SHAPE` for a wrong length,
 *   `EXAMPLE_COUNT_INVALID` or `METRICS_INVALID`.
 */
export function checkReportHeader(header: ReportHeader, form: ReportForm, offered: number): void {
  if (header.codec !== form.codec) {
    throw new TributaryError(
      "UPDATE_MALFORMED",
      `The update is encoded as "${header.codec}" where the round asks for "${form.codec}"`,
    );
  }
  requireLength(header.updateBytes, form);
  const { exampleCount } = header;
  if (!Number.isInteger(exampleCount) || exampleCount < 1 || exampleCount > offered) {
    throw new TributaryError(
      "EXAMPLE_COUNT_INVALID",
      `The report claims ${exampleCount} examples, and the client offered ${offered} at check-in`,
      {
        remedy: "Report no more examples than the check-in has offered; check in again with more.",
      },
    );
  }
  const names = new Set(header.metrics.map((metric) => metric.name));
  if (
    header.metrics.length !== form.metricNames.length ||
    !form.metricNames.every((name) => names.has(name)) ||
    !header.metrics.every((metric) => Number.isFinite(metric.value))
  ) {
    throw new TributaryError("METRICS_INVALID", "The report's metrics are not those of the plan", {
      remedy: `Report one finite value for each of: ${form.metricNames.join(", ")}.`,
    });
  }
  if (!areBases(header.bases ?? [], form.bases)) {
    const named = form.bases.map(({ name, length }) => `${name} (${length} values)`).join(", ");
    throw new TributaryError("METRICS_INVALID", "The report's sums for metrics cannot be right", {
      remedy: `Report sums over the same examples for each of: ${named || "none"}.`,
    });
  }
}

function requireLength(bytes: number, form: ReportForm): void {
  const { dimension, statistics, payloadBytes } = form;
  const { min, max } = payloadBytes;
  if (bytes >= min && bytes <= max) return;
  const range = min === max ? String(max) : `${min} to ${max}`;
  const values = `${dimension} values${statistics === 0 ? "" : ` and ${statistics} moving statistics`}`;
  throw new TributaryError(
    "UPDATE_SHAPE",
    max === 0
      ? `The report brings ${bytes} bytes and an evaluation takes none`
      : `The update has ${bytes} bytes where ${values} take ${range}`,
    {
      remedy: "Report all trainable parameters of the plan's model, or no update in an evaluation.",
    },
  );
}
