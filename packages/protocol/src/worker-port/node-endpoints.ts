/**
 * The ends of the worker port in Node: a worker thread, a child process, and what leads from each
 * of them to its owner.
 */
import type { ChildProcess } from "node:child_process";
import { parentPort, type Worker } from "node:worker_threads";
import { TributaryError } from "../errors.ts";
import type { Endpoint, WorkerEndpoint } from "./endpoint.ts";

/** The owner's end of a worker thread. */
export function threadEndpoint(worker: Worker): WorkerEndpoint {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => void worker.on("message", listener),
    onEnd(listener) {
      let cause: unknown;
      worker.on("error", (error) => (cause = error));
      worker.on("messageerror", (error) => {
        // The answer that it was is lost, and somebody waits for it.
        cause = error;
        void worker.terminate();
      });
      worker.once("exit", (code) => listener(cause ?? `Its exit code is ${code}`));
    },
    async terminate() {
      await worker.terminate();
    },
  };
}

/** How long a process may take to end by itself, milliseconds. Then it is killed. */
const STOP_GRACE_MS = 5_000;

/**
 * The owner's end of a process that was started by `fork`, with `serialization: "advanced"` unless
 * JSON can hold all messages. Nothing can be transferred to a process: memory is copied.
 */
export function processEndpoint(child: ChildProcess): WorkerEndpoint {
  const ended = new Promise<unknown>((resolve) => {
    child.on("error", resolve); // it could not be started, or a message could not be sent
    child.once("exit", (code, signal) => {
      const cause = `It ended with ${signal ?? `exit code ${code}`}`;
      // Its last messages may still be on their way.
      if (child.connected) child.once("disconnect", () => resolve(cause));
      else resolve(cause);
    });
  });
  return {
    post: (message) => void child.send(message as object),
    onMessage: (listener) => void child.on("message", listener),
    onEnd: (listener) => void ended.then(listener),
    async terminate() {
      // It is first asked to end by itself, so that it can write a profile if Node was told to make
      // one.
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * The end that leads to the owner, in a worker thread or in a process that was started by `fork`.
 * The process ends when its owner lets go of it.
 * @throws TributaryError `INTERNAL` in a process that has no owner.
 */
export function ownerEndpoint(): Endpoint {
  const port = parentPort;
  if (port !== null) {
    return {
      post: (message, transfer) => port.postMessage(message, transfer),
      onMessage: (listener) => void port.on("message", listener),
    };
  }
  const send = process.send?.bind(process);
  if (send === undefined) {
    throw new TributaryError("INTERNAL", "This script runs in a worker only", {
      remedy: "Run the command that starts it.",
    });
  }
  process.once("disconnect", () => process.exit());
  return {
    post: (message) => void send(message),
    onMessage: (listener) => void process.on("message", listener),
  };
}
