import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How long a process may take to end by itself. */
const STOP_GRACE_MS = 5_000;

/** A process of its own that makes load, so that the server's figures are the server's. */
export class LoadProcess<Request extends object, Answer extends object> {
  readonly #child: ChildProcess;

  /** @param script - The compiled script that the process runs. */
  constructor(script: URL) {
    this.#child = fork(fileURLToPath(script), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  }

  /** Sends a request and waits for its answer; one at a time. */
  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error("The process that makes the load has ended"));
      this.#child.once("exit", ended);
      this.#child.once("message", (answer) => {
        this.#child.off("exit", ended);
        resolve(answer as Answer);
      });
      this.#child.send(request);
    });
  }

  /** Ends the process, whatever it is doing. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    // By itself first: then a profile that was asked for is written.
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_GRACE_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** The other side: answers each request in turn. */
export function answerRequests<Request, Answer extends object>(
  handle: (request: Request) => Promise<Answer>,
): void {
  process.once("disconnect", () => process.exit());
  process.on("message", (request) => {
    void handle(request as Request).then((answer) => process.send?.(answer));
  });
}
