import type { Endpoint, WorkerEndpoint } from "./endpoint.ts";

/** What a `MessagePort`, a Web Worker and the inside of one have in common. */
export interface MessageTarget {
  /** Sends a message; what `transfer` names moves to the other side and is gone here. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Calls `listener` with every message from the other side. */
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  /** Begins to deliver messages; only a `MessagePort` waits for this call. */
  start?(): void;
}

/** A Web Worker, as the script that has started it sees it. */
export interface WebWorker extends MessageTarget {
  /** Calls `listener` with every message from the worker. */
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  /** Calls `listener` when an error in the worker is not caught, or a message cannot be read. */
  addEventListener(
    type: "error" | "messageerror",
    listener: (event: { readonly message?: string }) => void,
  ): void;
  /** Ends the worker at once. */
  terminate(): void;
}

/** The end of a `MessagePort`, or of all that sends messages like one. */
export function portEndpoint(port: MessageTarget): Endpoint {
  return {
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    onMessage(listener) {
      port.addEventListener("message", ({ data }) => listener(data));
      port.start?.();
    },
  };
}

/**
 * The owner's end of a Web Worker. A browser does not say when a worker ends. An error that nothing
 * catches, or a script that cannot be loaded, counts as its end.
 */
export function webWorkerEndpoint(worker: WebWorker): WorkerEndpoint {
  return {
    ...portEndpoint(worker),
    onEnd(listener) {
      const end = ({ message }: { readonly message?: string }): void => {
        worker.terminate();
        listener(message);
      };
      worker.addEventListener("error", end);
      worker.addEventListener("messageerror", end);
    },
    async terminate() {
      worker.terminate();
    },
  };
}

/**
 * The end that leads to the owner, in a Web Worker. Call `serve` with it before the script first
 * waits for anything: what comes earlier is lost.
 */
export function webOwnerEndpoint(): Endpoint {
  return portEndpoint(self);
}

/**
 * The same end for a script that also asks its owner. A page that goes away takes its workers with
 * it, so its end is never seen.
 */
export function webPageEndpoint(): WorkerEndpoint {
  return { ...webOwnerEndpoint(), onEnd: () => {}, terminate: async () => self.close() };
}
