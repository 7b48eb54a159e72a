import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { ERROR_CODES, TributaryError, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import {
  FederatedClient,
  createTrainer,
  holdOut,
  type LocalTrainer,
  type ParticipationEvent,
} from "@tributary/client-sdk";
import { clientFailure } from "../runner/client-failure.ts";
import type { ClientConversation, ClientSetup, ThreadClient } from "./client-conversation.ts";

// A worker thread that runs real clients with real sockets.

/** A client of this thread, and the end of what it was last called for. */
interface CalledClient {
  readonly client: FederatedClient;
  done: Promise<void>;
}

/** The clients of this thread by number, once they have been made. */
let making: Promise<ReadonlyMap<number, CalledClient>> | undefined;

serve<ClientConversation>(ownerEndpoint(), {
  async make(setup) {
    making = makeClients(setup);
    await making;
  },
  async takePart({ clients: numbers, rounds }) {
    const all = [...((await making) ?? [])];
    const taken = new Set(numbers ?? all.map(([index]) => index));
    await Promise.all(
      all
        .filter(([index]) => taken.has(index))
        .map(([index, one]) => {
          // A client that is called again may still be leaving the round before.
          one.done = one.done.then(() => takePart(index, one.client, rounds));
          return one.done;
        }),
    );
  },
});

async function makeClients(setup: ClientSetup): Promise<ReadonlyMap<number, CalledClient>> {
  // All clients of the thread share one engine and one copy of the model. They train one after the other.
  const trainer = await createTrainer(setup.trainer);
  return new Map(
    setup.clients.map((each) => [
      each.index,
      { client: createClient(each, setup, trainer), done: Promise.resolve() },
    ]),
  );
}

function createClient(
  { index, examples }: ThreadClient,
  setup: ClientSetup,
  trainer: LocalTrainer,
): FederatedClient {
  const { train, heldOut } =
    setup.holdOut === 0 ? { train: examples } : holdOut(examples, setup.holdOut);
  return new FederatedClient({
    url: setup.url,
    population: setup.population,
    serverKey: setup.serverKey,
    examples: train,
    ...(heldOut === undefined ? {} : { heldOut }),
    trainer,
    // Whoever simulates owns the examples too, and may average over one client.
    floors: { minimumCohort: 1 },
    // The server is in this process: no proxy that the environment may name leads to it.
    agent: setup.url.startsWith("wss:") ? new HttpsAgent() : new HttpAgent(),
    random: seededRandom(createNodeCryptoProvider(), setup.seed).derive(`client ${index}`),
    ...(setup.certificate === undefined ? {} : { tls: { ca: setup.certificate } }),
  });
}

/** Lets a client take part in so many rounds, or as long as the server lives. */
async function takePart(index: number, client: FederatedClient, rounds = Infinity): Promise<void> {
  let finished = 0;
  let round: number | undefined;
  for await (const event of client.participate()) {
    const error = troubleIn(event);
    if (error !== undefined) throw clientFailure(index, round, error);
    if (event.type === "selected") round = event.roundNumber;
    if (event.type === "round-finished") {
      finished += 1;
      round = undefined;
    }
    if (finished === rounds) return;
  }
}

/** The error that keeps a client from taking part at all. That a round is closed or not yet open is no such error. */
function troubleIn(event: ParticipationEvent): TributaryError | undefined {
  if (event.type === "withdrawn" || event.type === "check-in-failed") return event.error;
  if (event.type !== "rejected" && event.type !== "report-refused") return undefined;
  return ERROR_CODES[event.code].retryable
    ? undefined
    : new TributaryError(event.code, event.message);
}
