/**
 * One end of a way for messages between the owner of a worker and the worker. Messages arrive whole
 * and in the order in which they were posted.
 */
export interface Endpoint {
  /**
   * Sends a message, which is copied by structured cloning.
   * @param transfer - Memory that moves to the other side and is gone here, where the platform can
   * do that; elsewhere it is copied too. Shared memory is never copied between threads.
   * @throws When the message cannot be cloned.
   */
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /**
   * Called once by each side of a conversation, at once. Messages that have come before are kept for
   * the listener.
   */
  onMessage(listener: (message: unknown) => void): void;
}

/** The owner's end, which also sees the life and the death of the worker. */
export interface WorkerEndpoint extends Endpoint {
  /**
   * Called once. The listener is told once that the worker has ended, for whatever reason, and
   * after that gets no message any more.
   */
  onEnd(listener: (cause: unknown) => void): void;
  /** Ends the worker, whatever it is doing, and resolves when it has ended. */
  terminate(): Promise<void>;
}
