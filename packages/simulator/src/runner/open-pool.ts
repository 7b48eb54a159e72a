import { eventLoopBreak } from "@tributary/client-sdk/simulation";
import { localPool } from "./local-pool.ts";
import { ClientWorkplace } from "./client-workplace.ts";
import type { RunDeps } from "./simulated-task.ts";
import type { SimulationData } from "./simulation-data.ts";
import { ThreadPool } from "./thread-pool.ts";
import type { TrainerPool } from "./trainer-pool.ts";

/**
 * Opens a pool of so many workers. One worker is the calling thread, which then needs no messages.
 */
export function openPool(
  data: SimulationData,
  workers: number,
  deps: Omit<RunDeps, "pool">,
): TrainerPool {
  if (workers > 1) return new ThreadPool(data, workers);
  const { clock } = deps;
  const pauseIfDue = eventLoopBreak(() => clock.elapsedMs());
  return localPool(new ClientWorkplace(data, deps), data.test.count, pauseIfDue);
}
