import { eventLoopBreak } from "@tributary/client-sdk/simulation";
import { ClientWorkplace } from "./client-workplace.ts";
import { localWorker } from "./local-worker.ts";
import type { PoolWorker } from "./pool-worker.ts";
import { sharedPool } from "./shared-pool.ts";
import { sharingMemory } from "./sharing-memory.ts";
import type { RunDeps } from "./simulated-task.ts";
import { inSharedMemory, type SimulationData } from "./simulation-data.ts";
import { threadWorker } from "./thread-worker.ts";
import type { TrainerPool } from "./trainer-pool.ts";

/**
 * Opens a pool of so many workers. One of them is the calling thread, which would only wait for the
 * others; a worker that is alone needs no messages.
 */
export function openPool(
  data: SimulationData,
  workers: number,
  deps: Omit<RunDeps, "pool">,
): TrainerPool {
  const { clock } = deps;
  const here = (given: SimulationData): PoolWorker =>
    localWorker(
      new ClientWorkplace(given, deps),
      eventLoopBreak(() => clock.elapsedMs()),
    );
  if (workers === 1) return sharedPool([here(data)], data.test.count);
  const given = inSharedMemory(data);
  return threadPool(given, workers - 1, [here(given)]);
}

/**
 * Opens a pool of so many threads, beside the calling one.
 * @param data - It is copied once into memory that the threads share.
 * @param others - Workers that work with them.
 */
export function threadPool(
  data: SimulationData,
  threads: number,
  others: readonly PoolWorker[] = [],
): TrainerPool {
  const given = inSharedMemory(data);
  const workers = Array.from({ length: threads }, () => threadWorker(given));
  return sharingMemory(sharedPool([...workers, ...others], data.test.count));
}
