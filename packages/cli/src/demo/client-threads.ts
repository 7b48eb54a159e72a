import type { TaskDefinition } from "@tributary/protocol";
import type { WorkerPort } from "@tributary/protocol/worker-port";
import type { TributaryServer } from "@tributary/server";
import { memoryOf, type ClientConversation } from "./demo-conversations.ts";
import type { DemoData } from "./demo-data.ts";
import type { DemoOptions } from "./demo-options.ts";
import { startThread } from "./threads.ts";

/**
 * The fraction of its examples that each client keeps for evaluation, if the task lets clients
 * evaluate.
 */
const HELD_OUT_FRACTION = 0.1;

/**
 * Starts the threads in which the clients train. Client i runs in thread i modulo the number of
 * threads.
 * @param data - The memory of the clients' examples moves to the threads and is gone here.
 * @param onFailure - Called if a thread fails, or if one of its clients cannot take part.
 */
export function startClientThreads(
  server: TributaryServer,
  definition: TaskDefinition,
  data: DemoData,
  threadCount: number,
  { trainer, seed }: Pick<DemoOptions, "trainer" | "seed">,
  onFailure: (error: Error) => void,
): WorkerPort<ClientConversation>[] {
  const { url, serverKey, certificate } = server;
  const everyClient = data.clients.map((examples, index) => ({ index, examples }));
  return Array.from({ length: threadCount }, (_, thread) => {
    const clients = everyClient.filter(({ index }) => index % threadCount === thread);
    const port = startThread<ClientConversation>("./client-thread.js", onFailure);
    const setup = {
      ...{ url, serverKey, certificate, trainer, seed, clients },
      population: definition.population,
      holdOut: definition.evaluation.everyRounds === null ? 0 : HELD_OUT_FRACTION,
    };
    const transfer = memoryOf(clients.map(({ examples }) => examples));
    port.ask("takePart", setup, { transfer }).catch(onFailure);
    return port;
  });
}
