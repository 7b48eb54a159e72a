import type { Examples, TrainerOptions } from "@tributary/client-sdk";
import type { TaskDefinition } from "@tributary/protocol";
import type { WorkerPort } from "@tributary/protocol/worker-port";
import type { TributaryServer } from "@tributary/server";
import { heldOutShare } from "../runner/held-out-share.ts";
import { startThread } from "../runner/start-thread.ts";
import { memoryOf, type ClientConversation, type Participation } from "./client-conversation.ts";

/** The threads in which real clients train that are connected to a server. */
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
      startThread<ClientConversation>("./client-thread", import.meta.url, {
        name: "A thread with clients",
        onDeath: onFailure,
      }),
    );
  }

  /**
   * Makes the clients.
   * @param clients - The examples of each client. Their memory moves to the threads and is gone here.
   */
  make(
    { url, serverKey, certificate }: TributaryServer,
    task: TaskDefinition,
    clients: readonly Examples[],
    { trainer, seed }: { readonly trainer: TrainerOptions; readonly seed: number },
  ): void {
    const { population } = task;
    const holdOut = heldOutShare(task);
    const everyClient = clients.map((examples, index) => ({ index, examples }));
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

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#ports.map((port) => port.close()));
  }
}
