import { Worker } from "node:worker_threads";
import { TributaryError } from "@tributary/protocol";
import type { ThreadData, ThreadMessage } from "./worker-messages.ts";

/**
 * Starts a thread of the demo. The memory of its examples moves to it and is gone here.
 * @param onMessage - Called with everything the thread says after it is ready.
 * @param onFailure - Called if the thread dies.
 */
export async function startThread(
  data: ThreadData,
  onMessage: (message: ThreadMessage) => void,
  onFailure: (error: Error) => void,
): Promise<Worker> {
  const examples = data.role === "clients" ? data.clients.map((c) => c.examples) : [data.examples];
  const transferList = [
    ...new Set(examples.flatMap(({ features, labels }) => [features.buffer, labels.buffer])),
  ] as ArrayBuffer[];
  const worker = new Worker(new URL("./thread.js", import.meta.url), {
    workerData: data,
    transferList,
  });
  await new Promise<void>((resolve, reject) => {
    worker.on("error", (error: Error) => {
      reject(error);
      onFailure(error);
    });
    worker.on("message", (message: ThreadMessage) => {
      if (message.type === "ready") resolve();
      else if (message.type === "failed" && message.client === undefined) {
        const error = new TributaryError("TRAINING_FAILED", message.message);
        reject(error);
        onFailure(error);
      } else onMessage(message);
    });
  });
  return worker;
}
