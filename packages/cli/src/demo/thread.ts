import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import {
  ERROR_CODES,
  TributaryError,
  asTributaryError,
  decodeCheckpoint,
  decodePlan,
  layoutOf,
  seededRandom,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  FederatedClient,
  createTrainer,
  holdOut,
  type ParticipationEvent,
} from "@tributary/client-sdk";
import { causeOf } from "../terminal/output.ts";
import type {
  ClientThreadData,
  ScoreRequest,
  ScorerThreadData,
  ThreadData,
  ThreadMessage,
} from "./worker-messages.ts";

// A worker thread of the demo. It runs either real clients with real sockets, or the scorer of new
// checkpoints.

const data = workerData as ThreadData;
const port = parentPort as MessagePort;
const tell = (message: ThreadMessage): void => port.postMessage(message);

try {
  await (data.role === "clients" ? runClients(data) : runScorer(data));
} catch (error) {
  tellFailure(asTributaryError(error));
}

async function runClients(setup: ClientThreadData): Promise<void> {
  // All clients of the thread share one engine and one copy of the model. They train one after the
  // other.
  const trainer = await createTrainer(setup.trainer);
  const random = seededRandom(createNodeCryptoProvider(), setup.seed);
  tell({ type: "ready" });
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
        random: random.derive(`client ${index}`),
        ...(setup.certificate === undefined ? {} : { tls: { ca: setup.certificate } }),
      });
      for await (const event of client.participate()) {
        const error = troubleIn(event);
        if (error !== undefined) tellFailure(error, index);
      }
    }),
  );
}

/**
 * The error that keeps a client from taking part at all. That a round is closed or not yet open is
 * no such error.
 */
function troubleIn(event: ParticipationEvent): TributaryError | undefined {
  if (event.type === "withdrawn") return event.error;
  if (event.type !== "rejected" && event.type !== "report-refused") return undefined;
  return ERROR_CODES[event.code].retryable
    ? undefined
    : new TributaryError(event.code, event.message);
}

function tellFailure(error: TributaryError, client?: number): void {
  const { code, remedy } = error;
  tell({
    type: "failed",
    code,
    message: causeOf(error),
    ...(remedy === undefined ? {} : { remedy }),
    ...(client === undefined ? {} : { client }),
  });
}

async function runScorer(setup: ScorerThreadData): Promise<void> {
  const trainer = await createTrainer(setup.trainer);
  tell({ type: "ready" });
  for await (const { id, planBytes, checkpoint } of requests()) {
    const plan = decodePlan(planBytes);
    const weights = decodeCheckpoint(checkpoint, layoutOf(plan.model.parameters));
    const metrics = await trainer.evaluate({ plan, weights, examples: setup.examples });
    tell({ type: "score", id, metrics });
  }
}

/**
 * The requests in the order in which they come. The next one is taken when the one before has been
 * answered.
 */
async function* requests(): AsyncGenerator<ScoreRequest> {
  const queue: ScoreRequest[] = [];
  let wake = (): void => {};
  port.on("message", (request: ScoreRequest) => {
    queue.push(request);
    wake();
  });
  for (;;) {
    const next = queue.shift();
    if (next !== undefined) yield next;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}
