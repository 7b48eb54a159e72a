import { workerData } from "node:worker_threads";
import { systemClock } from "@tributary/client-sdk";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { inTurn, serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import { ClientWorkplace } from "./client-workplace.ts";
import { takeClient } from "./pool-work.ts";
import type { PoolConversation, PoolThreadData } from "./pool-conversation.ts";
import type { ClientReport, ClientWork } from "./trainer-pool.ts";

/** The most bytes of updates in one answer. They are in memory together. */
const MOST_BYTES = 2 ** 24;

// A worker thread of a simulation. It does the work of any client, of which it keeps nothing.

const workplace = new ClientWorkplace(workerData as PoolThreadData, {
  crypto: createNodeCryptoProvider(),
  clock: systemClock,
});

serve<PoolConversation>(ownerEndpoint(), {
  begin: (task) => workplace.begin(task),
  work: inTurn(async (work, handling) => {
    const reports: ClientReport[] = [];
    let bytes = 0;
    const next = (): ClientWork | undefined => (bytes < MOST_BYTES ? takeClient(work) : undefined);
    const reported = (report: ClientReport): void => {
      const { payload } = report;
      // A payload that is a part of a larger memory is copied, so that only it is sent.
      const own =
        payload.byteLength === payload.buffer.byteLength ? payload : new Uint8Array(payload);
      if (own.byteLength > 0) handling.transfer(own.buffer as ArrayBuffer);
      bytes += own.byteLength;
      reports.push({ ...report, payload: own });
    };
    await workplace.work(work.round, next, reported, handling.signal);
    const sums = workplace.takeSums();
    if (sums !== undefined) {
      handling.transfer(sums.low.buffer as ArrayBuffer);
      if (sums.high !== undefined) handling.transfer(sums.high.buffer as ArrayBuffer);
    }
    return { reports, sums };
  }),
  score: inTurn(({ weights, first }, { signal }) => workplace.score(weights, first, signal)),
});
