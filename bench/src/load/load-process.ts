import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How long a process may take to end by itself, milliseconds. Then it is killed. */
const STOP_GRACE_MS = 5_000;

/**
 * A process of its own, so that what it costs is not counted with the rest of a benchmark. It answers requests, one at a
 * time.
 */
export class LoadProcess<Request extends object, Answer extends object> {
  readonly #child: ChildProcess;

  /** @param script - The compiled script that the process runs. */
  constructor(script: URL) {
    this.#child = fork(fileURLToPath(script), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  }

  /** Sends a request and waits for its answer. Wait for the answer before you send the next request. */
  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const ended = (): void =>
        reject(new Error("A process of the benchmark has ended unexpectedly"));
      this.#child.once("exit", ended);
      this.#child.once("message", (answer) => {
        this.#child.off("exit", ended);
        resolve(answer as Answer);
      });
      this.#child.send(request);
    });
  }

  /** Ends the process, whatever it is doing, and waits until it has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    // It is first asked to end by itself, so that it can write a profile if Node was told to make one.
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_GRACE_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** The other side of a `LoadProcess`: answers each request with what `handle` returns. */
export function answerRequests<Request, Answer extends object>(
  handle: (request: Request) => Promise<Answer>,
): void {
  process.once("disconnect", () => process.exit());
  process.on("message", (request) => {
    void handle(request as Request).then((answer) => process.send?.(answer));
  });
}
