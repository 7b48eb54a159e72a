import { workerData } from "node:worker_threads";
import { systemClock } from "@tributary/client-sdk";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { inTurn, serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import { ClientWorkplace } from "./client-workplace.ts";
import type { PoolConversation, PoolThreadData } from "./pool-conversation.ts";
import type { ClientReport } from "./trainer-pool.ts";

// A worker thread of a simulation. It does the work of any client, of which it keeps nothing.

const workplace = new ClientWorkplace(workerData as PoolThreadData, {
  crypto: createNodeCryptoProvider(),
  clock: systemClock,
});

serve<PoolConversation>(ownerEndpoint(), {
  begin: (task) => workplace.begin(task),
  work: inTurn(async ({ round, clients }, handling) => {
    const reports: ClientReport[] = [];
    for (const client of clients) {
      const report = await workplace.work(round, client, handling.signal);
      const { payload } = report;
      // A payload that is a part of a larger memory is copied, so that only it is sent.
      const own =
        payload.byteLength === payload.buffer.byteLength ? payload : new Uint8Array(payload);
      if (own.byteLength > 0) handling.transfer(own.buffer as ArrayBuffer);
      reports.push({ ...report, payload: own });
    }
    return reports;
  }),
  score: inTurn(({ weights, first }, { signal }) => workplace.score(weights, first, signal)),
});
