import { PROTOCOL_CONSTANTS, type Clock, type RoundId } from "@tributary/protocol";
import type { Session } from "../session/session.ts";
import type { EventSink } from "./event-stream.ts";
import { reportChunks } from "./report-messages.ts";
import { TransferProgress } from "./transfer-progress.ts";

/** After how many chunks the server is asked what has come: about every quarter of a megabyte. */
const CHUNKS_PER_PROBE = 4;

/** What an upload works with. */
export interface UploadDeps {
  readonly clock: Clock;
  readonly events: EventSink;
}

/**
 * Sends the payload of a report piece by piece, no faster than the network takes it, and tells the app
 * how much has come. It stops early when `answer` comes before the end, because the round has closed,
 * or when the session ends.
 *
 * What a network has taken has not come: proxies and operating systems hold megabytes. So the server
 * is asked between the chunks, and its answers are signs of life as well. A server of an older version
 * is not asked, and what the network has taken counts.
 * @param bytesLeft - How much of the payload the server has not received.
 */
export async function upload(
  session: Session,
  {
    roundId,
    payload,
    bytesLeft,
  }: { readonly roundId: RoundId; readonly payload: Uint8Array; readonly bytesLeft: number },
  answer: Promise<unknown>,
  { clock, events }: UploadDeps,
): Promise<void> {
  const totalBytes = payload.length;
  let sentBytes = totalBytes - bytesLeft;
  const progress = new TransferProgress(clock, { bytes: sentBytes, totalBytes }, (transferred) =>
    events.push({ type: "uploading", roundId, ...transferred }),
  );
  const { probes } = session;
  probes?.whenCome((bytes) => progress.came(bytes));
  let probedBytes = sentBytes;
  for (const chunk of reportChunks(payload.subarray(sentBytes))) {
    if (!session.reporting) return;
    session.send(chunk);
    sentBytes += chunk.data.length;
    if (sentBytes - probedBytes >= CHUNKS_PER_PROBE * PROTOCOL_CONSTANTS.reportChunkBytes) {
      probes?.probe(sentBytes);
      probedBytes = sentBytes;
    }
    await Promise.race([session.drained(), answer]);
    if (probes === undefined) progress.came(sentBytes - session.unsentBytes);
  }
}
