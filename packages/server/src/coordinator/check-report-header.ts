import {
  TributaryError,
  type CryptoProvider,
  type Limits,
  type PayloadBytes,
  type RoundId,
  type RoundPurpose,
} from "@tributary/protocol";
import type { ReportHeader } from "./participant.ts";

/** What a round asks of a member's report. */
export interface ExpectedReport {
  readonly roundId: RoundId;
  readonly purpose: RoundPurpose;
  /** The member's own. */
  readonly reportNonce: Uint8Array;
  /** Empty in an evaluation. */
  readonly codecName: string;
  /** Values of the update. */
  readonly dimension: number;
  readonly payloadBytes: PayloadBytes;
  readonly metricNames: readonly string[];
}

/**
 * Checks what a member says of its report, before any of it is taken.
 * @throws TributaryError `ROUND_MISMATCH`, `REPORT_NONCE_INVALID`, `UPDATE_MALFORMED`, `UPDATE_SHAPE`, `EXAMPLE_COUNT_INVALID` or
 *   `METRICS_INVALID`.
 */
export function checkReportHeader(
  header: ReportHeader,
  expected: ExpectedReport,
  { crypto, limits }: { readonly crypto: CryptoProvider; readonly limits: Limits },
): void {
  const { purpose, codecName, dimension, payloadBytes, metricNames } = expected;
  if (header.roundId !== expected.roundId) {
    throw new TributaryError("ROUND_MISMATCH", "The report is for another round", {
      remedy: "Report to the round whose configuration this session received.",
    });
  }
  if (!crypto.equal(header.reportNonce, expected.reportNonce)) {
    throw new TributaryError("REPORT_NONCE_INVALID", "The report's nonce is not this session's");
  }
  if (header.codec !== codecName) {
    throw new TributaryError(
      "UPDATE_MALFORMED",
      `The update is encoded as "${header.codec}" where the round asks for "${codecName}"`,
    );
  }
  const { min, max } = payloadBytes;
  if (header.updateBytes < min || header.updateBytes > max) {
    throw new TributaryError(
      "UPDATE_SHAPE",
      purpose === "training"
        ? `The update has ${header.updateBytes} bytes where ${dimension} values take ${min === max ? max : `${min} to ${max}`}`
        : `The report brings ${header.updateBytes} bytes and an evaluation takes none`,
      {
        remedy:
          "Report all trainable parameters of the plan's model, or no update in an evaluation.",
      },
    );
  }
  const { exampleCount } = header;
  if (
    !Number.isInteger(exampleCount) ||
    exampleCount < 1 ||
    exampleCount > limits.maxExampleCount
  ) {
    throw new TributaryError(
      "EXAMPLE_COUNT_INVALID",
      `The report claims ${exampleCount} examples`,
      { remedy: `Report between 1 and ${limits.maxExampleCount} examples.` },
    );
  }
  const names = new Set(header.metrics.map((metric) => metric.name));
  if (
    header.metrics.length !== metricNames.length ||
    !metricNames.every((name) => names.has(name)) ||
    !header.metrics.every((metric) => Number.isFinite(metric.value))
  ) {
    throw new TributaryError("METRICS_INVALID", "The report's metrics are not those of the plan", {
      remedy: `Report one finite value for each of: ${metricNames.join(", ")}.`,
    });
  }
}
