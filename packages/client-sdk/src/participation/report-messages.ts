// The messages by which a report leaves the device.
import { PROTOCOL_CONSTANTS, type ClientMessage, type RoundId } from "@tributary/protocol";
import type { PreparedReport } from "./prepared-report.ts";

/** Where a report goes: the round, and the number with which it takes this report and no other. */
export interface ReportAddress {
  readonly roundId: RoundId;
  /** From the round's configuration. */
  readonly reportNonce: Uint8Array;
}

/** The message that announces a report. */
export function reportBegin(
  { roundId, reportNonce }: ReportAddress,
  { payload, exampleCount, codec, metrics, bases }: PreparedReport,
): ClientMessage {
  const updateBytes = payload.length;
  return {
    type: "reportBegin",
    ...{ roundId, reportNonce, exampleCount, codec, updateBytes, metrics, bases },
  };
}

/** The messages that carry the payload, or what is left of it, in order. */
export function* reportChunks(
  payload: Uint8Array,
): Generator<Extract<ClientMessage, { type: "reportChunk" }>, void, undefined> {
  const { reportChunkBytes } = PROTOCOL_CONSTANTS;
  for (let sent = 0; sent < payload.length; sent += reportChunkBytes) {
    yield { type: "reportChunk", data: payload.subarray(sent, sent + reportChunkBytes) };
  }
}
