import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { ERROR_CODES, TributaryError, clauseOf, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import {
  FederatedClient,
  createTrainer,
  holdOut,
  type ParticipationEvent,
} from "@tributary/client-sdk";
import type { ClientConversation, ClientSetup } from "./demo-conversations.ts";

// A worker thread of the demo. It runs real clients with real sockets.

serve<ClientConversation>(ownerEndpoint(), { takePart });

async function takePart(setup: ClientSetup): Promise<void> {
  // All clients of the thread share one engine and one copy of the model. They train one after the other.
  const trainer = await createTrainer(setup.trainer);
  // The server is in this process: no proxy that the environment may name leads to it.
  const agent = setup.url.startsWith("wss:") ? new HttpsAgent() : new HttpAgent();
  const random = seededRandom(createNodeCryptoProvider(), setup.seed);
  await Promise.all(
    setup.clients.map(async ({ index, examples }) => {
      const { train, heldOut } =
        setup.holdOut === 0 ? { train: examples } : holdOut(examples, setup.holdOut);
      const client = new FederatedClient({
        url: setup.url,
        population: setup.population,
        serverKey: setup.serverKey,
        examples: train,
        ...(heldOut === undefined ? {} : { heldOut }),
        trainer,
        agent,
        random: random.derive(`client ${index}`),
        ...(setup.certificate === undefined ? {} : { tls: { ca: setup.certificate } }),
      });
      for await (const event of client.participate()) {
        const error = troubleIn(event);
        if (error !== undefined) throw ofClient(index, error);
      }
    }),
  );
}

/** The error that keeps a client from taking part at all. That a round is closed or not yet open is no such error. */
function troubleIn(event: ParticipationEvent): TributaryError | undefined {
  if (event.type === "withdrawn" || event.type === "check-in-failed") return event.error;
  if (event.type !== "rejected" && event.type !== "report-refused") return undefined;
  return ERROR_CODES[event.code].retryable
    ? undefined
    : new TributaryError(event.code, event.message);
}

function ofClient(index: number, error: TributaryError): TributaryError {
  const { code, remedy } = error;
  return new TributaryError(code, `Client ${index} left: ${clauseOf(error)}`, {
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  });
}
