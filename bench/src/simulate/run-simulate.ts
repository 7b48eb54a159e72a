import { systemClock, type EngineName } from "@tributary/client-sdk";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { DirectRun, openPool, type SimulatedRound } from "@tributary/simulator";
import { makeWorkload } from "./simulate-workloads.ts";

export interface SimulateBenchOptions {
  readonly workload: string;
  /** How many rounds are measured. */
  readonly rounds: number;
  readonly workers: number;
  readonly seed: number;
  /** The engine of local training. */
  readonly engine: EngineName;
}

export interface SimulateBenchResult {
  readonly workload: string;
  readonly engine: EngineName;
  readonly workers: number;
  readonly rounds: number;
  readonly clients: number;
  /** Clients in each round. */
  readonly cohort: number;
  readonly secondsPerRound: number;
  /** Processor time of all threads of the process. */
  readonly cpuSecondsPerRound: number;
  /** What of it the trainers took, over all threads: checks, shuffles, batches and steps. */
  readonly trainerSecondsPerRound: number;
  /** The share of the workers' time in which no trainer worked. */
  readonly orchestrationShare: number;
  /** The most memory that the process had, with the data in it. */
  readonly peakRssMiB: number;
  /** Mean loss of the clients' training in the last round. */
  readonly finalLoss: number;
  /** SHA-256 of the last checkpoint. */
  readonly checkpoint: string;
}

/**
 * Measures the rounds of a simulation without connections.
 * @throws TributaryError `BAD_PARAMETER` when there is no such workload.
 */
export async function runSimulateBench(
  options: SimulateBenchOptions,
): Promise<SimulateBenchResult> {
  const { workload: name, rounds, workers, seed, engine } = options;
  const crypto = createNodeCryptoProvider();
  const { terms, data, warmUp } = makeWorkload(name, seed, crypto);
  const deps = { crypto, clock: systemClock };
  const pool = openPool(data, workers, deps);
  try {
    const run = await DirectRun.begin({ ...terms, trainer: { engine } }, { ...deps, pool });
    const { signal } = new AbortController();
    const next = async (): Promise<SimulatedRound> => (await run.next(signal))!;
    for (let round = 0; round < warmUp; round++) await next();
    const startMs = performance.now();
    const before = process.cpuUsage();
    let trainerSeconds = 0;
    let last: SimulatedRound | undefined;
    for (let round = 0; round < rounds; round++) {
      last = await next();
      trainerSeconds += last.trainerSeconds;
    }
    const seconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(before);
    return {
      ...{ workload: name, engine, workers, rounds },
      ...{ clients: terms.clients, cohort: terms.task.round.goalCount },
      secondsPerRound: rounded(seconds / rounds),
      cpuSecondsPerRound: rounded((user + system) / 1e6 / rounds),
      trainerSecondsPerRound: rounded(trainerSeconds / rounds),
      orchestrationShare: rounded(1 - trainerSeconds / (seconds * workers)),
      peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      finalLoss: rounded(last?.metrics["loss"] ?? Number.NaN),
      checkpoint: run.checkpoint,
    };
  } finally {
    await pool.close();
  }
}

/** Rounded to four digits: the others would be noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));
