import type { Vectors } from "../algorithms/algorithm.ts";
import { shared } from "./simulation-data.ts";
import type { ClientWork, PoolRound, TrainerPool } from "./trainer-pool.ts";

/**
 * The same pool, with what it is given in memory that threads share: it is copied once here, and not
 * for each of the threads.
 */
export function sharingMemory(pool: TrainerPool): TrainerPool {
  return {
    ...pool,
    work: (round, clients, reported, signal) =>
      pool.work(sharedRound(round), clients.map(withSharedKept), reported, signal),
    score: (weights, signal) => pool.score(shared(weights, Float32Array), signal),
  };
}

function sharedRound({ weights, sent, ...rest }: PoolRound): PoolRound {
  return {
    ...rest,
    weights: shared(weights, Float32Array),
    ...(sent && { sent: sharedVectors(sent) }),
  };
}

/** All threads get what a client keeps, whichever of them does its work. */
function withSharedKept(work: ClientWork): ClientWork {
  if (work.kept === undefined) return work;
  const { residual, localLayers, vectors } = work.kept;
  const kept = {
    ...(residual && { residual: shared(residual, Float32Array) }),
    ...(localLayers && { localLayers: shared(localLayers, Float32Array) }),
    ...(vectors && { vectors: sharedVectors(vectors) }),
  };
  return { ...work, kept };
}

const sharedVectors = (vectors: Vectors): Vectors =>
  Object.fromEntries(
    Object.entries(vectors).map(([name, values]) => [name, shared(values, Float32Array)]),
  );
