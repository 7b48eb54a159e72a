import type { ClientWork, PoolRound } from "./trainer-pool.ts";

/**
 * The work of a round. All workers have all of it and take from it one client after the other, so that
 * they end at the same time and nobody has to tell them whose turn it is.
 */
export interface PoolWork {
  readonly round: PoolRound;
  readonly clients: readonly ClientWork[];
  /** In shared memory: a single number, how often somebody has taken a client so far. */
  readonly taken: Int32Array;
}

export function poolWork(round: PoolRound, clients: readonly ClientWork[]): PoolWork {
  return { round, clients, taken: new Int32Array(new SharedArrayBuffer(4)) };
}

/** Takes a client, so that nobody else does; undefined if all are taken. */
export function takeClient({ clients, taken }: PoolWork): ClientWork | undefined {
  return clients[Atomics.add(taken, 0, 1)];
}

/** Whether there are clients that nobody has taken. */
export function isAnyLeft({ clients, taken }: PoolWork): boolean {
  return Atomics.load(taken, 0) < clients.length;
}

/** Leaves no client to take. */
export function takeAll({ clients, taken }: PoolWork): void {
  Atomics.store(taken, 0, clients.length);
}
