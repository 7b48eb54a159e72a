import type { TaskDefinition } from "@tributary/protocol";
import type { WorkerPort } from "@tributary/protocol/worker-port";
import type { TributaryServer } from "@tributary/server";
import { memoryOf, type ClientConversation, type Participation } from "./demo-conversations.ts";
import type { DemoData } from "./demo-data.ts";
import type { DemoOptions } from "./demo-options.ts";
import { startThread } from "./threads.ts";

/**
 * The fraction of its examples that each client keeps for evaluation, if the task lets clients
 * evaluate.
 */
const HELD_OUT_FRACTION = 0.1;

/** The threads in which the clients of a demo train. */
export class ClientThreads {
  readonly #ports: readonly WorkerPort<ClientConversation>[];
  readonly #onFailure: (error: Error) => void;

  /**
   * Starts the threads. Client i is in thread i modulo the number of threads.
   * @param onFailure - Called if a thread fails, or if one of its clients cannot take part.
   */
  constructor(threadCount: number, onFailure: (error: Error) => void) {
    this.#onFailure = onFailure;
    this.#ports = Array.from({ length: threadCount }, () =>
      startThread<ClientConversation>("./client-thread.js", onFailure),
    );
  }

  /**
   * Makes the clients.
   * @param data - The memory of the clients' examples moves to the threads and is gone here.
   */
  make(
    { url, serverKey, certificate }: TributaryServer,
    { population, evaluation }: TaskDefinition,
    data: DemoData,
    { trainer, seed }: Pick<DemoOptions, "trainer" | "seed">,
  ): void {
    const holdOut = evaluation.everyRounds === null ? 0 : HELD_OUT_FRACTION;
    const everyClient = data.clients.map((examples, index) => ({ index, examples }));
    for (const [thread, port] of this.#ports.entries()) {
      const clients = everyClient.filter(({ index }) => index % this.#ports.length === thread);
      const setup = {
        ...{ url, serverKey, certificate, population },
        ...{ trainer, seed, holdOut, clients },
      };
      const transfer = memoryOf(clients.map(({ examples }) => examples));
      port.ask("make", setup, { transfer }).catch(this.#onFailure);
    }
  }

  /** Lets clients take part. They have been made before. */
  takePart(participation: Participation): void {
    for (const port of this.#ports) port.ask("takePart", participation).catch(this.#onFailure);
  }

  async close(): Promise<void> {
    await Promise.all(this.#ports.map((port) => port.close()));
  }
}
