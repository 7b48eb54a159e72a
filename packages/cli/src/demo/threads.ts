import { Worker } from "node:worker_threads";
import { TributaryError } from "@tributary/protocol";
import type { ThreadData, ThreadFailure, ThreadMessage } from "./worker-messages.ts";

/** A worker thread of the demo. */
export interface DemoThread {
  readonly worker: Worker;
  /** Resolves when the thread has loaded its engine. Rejects if it fails before. */
  readonly ready: Promise<void>;
}

/**
 * Starts a thread of the demo. The memory of its examples moves to the thread and is gone here.
 * @param onMessage - Called with every message of the thread, except that it is ready or that something has failed.
 * @param onFailure - Called when the thread dies, or when one of its clients cannot take part.
 */
export function startThread(
  data: ThreadData,
  onMessage: (message: ThreadMessage) => void,
  onFailure: (error: Error) => void,
): DemoThread {
  const examples = data.role === "clients" ? data.clients.map((c) => c.examples) : [data.examples];
  const transferList = [
    ...new Set(examples.flatMap(({ features, labels }) => [features.buffer, labels.buffer])),
  ] as ArrayBuffer[];
  const worker = new Worker(new URL("./thread.js", import.meta.url), {
    workerData: data,
    transferList,
  });
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(error);
      onFailure(error);
    };
    worker.on("error", fail);
    worker.on("message", (message: ThreadMessage) => {
      if (message.type === "ready") resolve();
      else if (message.type === "failed") fail(errorOf(message));
      else onMessage(message);
    });
  });
  return { worker, ready };
}

function errorOf({ code, message, remedy, client }: ThreadFailure): TributaryError {
  const cause = client === undefined ? message : `Client ${client} left: ${message}`;
  return new TributaryError(code, cause, remedy === undefined ? {} : { remedy });
}
