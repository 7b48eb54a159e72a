import { availableParallelism } from "node:os";
import { systemClock, type Clock } from "@tributary/client-sdk";
import { asTributaryError, type CryptoProvider, type TributaryError } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { loadAlgorithm } from "./algorithms/load-algorithm.ts";
import { planExperiment } from "./experiment/plan-experiment.ts";
import type { ExperimentPlan, ExperimentRun } from "./experiment/experiment.ts";
import { openRun, type OpenRun } from "./experiment/open-run.ts";
import { AdvisedError, advise, setting } from "./files/advice.ts";
import { BufferedRun } from "./runner/buffered-run.ts";
import { dataDigester, type DataDigest } from "./runner/data-digest.ts";
import { DirectRun } from "./runner/direct-run.ts";
import { openPool } from "./runner/open-pool.ts";
import type { RunResult } from "./runner/run-result.ts";
import type { RunSnapshot } from "./runner/run-snapshot.ts";
import type { SimulatedRound } from "./runner/simulated-round.ts";
import type { RunDeps, SimulatedTask } from "./runner/simulated-task.ts";
import { workerCount } from "./runner/worker-count.ts";

/** A run as those are told of it who follow a simulation. */
export interface RunFacts extends ExperimentRun {
  /** Its place among all runs of the experiment, from 0. */
  readonly index: number;
  readonly open: OpenRun;
}

/** Is told how a simulation goes. A function that returns a promise is waited for. */
export interface SimulationObserver {
  /** A run begins, or goes on where it had stopped. */
  runBegins?(run: RunFacts, rounds: readonly SimulatedRound[]): void | Promise<void>;
  /**
   * A round has ended.
   * @param snapshot - Gives what the run needs to go on later.
   */
  roundEnded?(
    run: RunFacts,
    round: SimulatedRound,
    snapshot: () => RunSnapshot | undefined,
  ): void | Promise<void>;
  /**
   * A run has come to its end, or has stopped before it because of an error. After an error in the
   * work of a client the next run begins.
   * @param snapshot - Where it stands; undefined with fidelity `wire`.
   * @param error - Why it has stopped; undefined at its end.
   */
  runEnded?(
    run: RunFacts,
    snapshot: RunSnapshot | undefined,
    error: TributaryError | undefined,
  ): void | Promise<void>;
}

/** How a simulation is run. */
export interface SimulateOptions extends SimulationObserver {
  /**
   * Threads that train; 1 is the calling thread alone. Left out: what the experiment says. There are
   * never more than four for each core.
   */
  readonly workers?: number;
  /** The folder in which paths of an experiment begin that is given as an object. */
  readonly folder?: string;
  /** Stops the simulation after the work that is under way. */
  readonly signal?: AbortSignal;
  /** Where a run had stopped, if it goes on. */
  readonly resume?: (run: ExperimentRun, index: number) => Promise<RunSnapshot | undefined>;
}

/**
 * Runs all simulations of an experiment, one after the other. Where the work of a client fails, for
 * example because training diverges, its run stops and the others go on.
 *
 * ```ts
 * const runs = await simulate(
 *   {
 *     model: { builtin: "mcmahan-2nn" },
 *     data: { name: "writers" },
 *     partition: { name: "iid", clients: 20 },
 *     round: { goalCount: 5 },
 *     stop: { rounds: 10 },
 *   },
 *   { roundEnded: (_, { number, score }) => console.log(number, score) },
 * );
 * ```
 * @param experiment - The content of an experiment file, or what `readExperiment` has read.
 * @throws TributaryError `CONFIG_INVALID` or `TASK_INVALID` for an experiment that is not valid, or
 *   that goes on with other data than before;
 *   `DATA_UNREADABLE`; `ABORTED`; when all runs have failed, the error of the first, which names client
 *   and round.
 */
export async function simulate(
  experiment: ExperimentPlan | object,
  options: SimulateOptions = {},
): Promise<readonly RunResult[]> {
  const plan = isPlan(experiment)
    ? experiment
    : await planExperiment(experiment, options.folder ?? ".");
  const deps = { crypto: createNodeCryptoProvider(), clock: systemClock };
  const results: RunResult[] = [];
  const digest = dataDigester();
  for (const [index, run] of plan.runs.entries()) {
    const dataset = await plan.openData(run.experiment);
    const open = await openRun(run, dataset, deps.crypto);
    results.push(await simulateRun({ ...run, index, open }, options, { ...deps, digest }));
  }
  const [first] = results;
  if (first?.failure !== undefined && results.every(hasFailed)) throw first.failure;
  return results;
}

const hasFailed = ({ failure }: RunResult): boolean => failure !== undefined;

const isPlan = (experiment: object): experiment is ExperimentPlan => "runs" in experiment;

/** What all runs of a simulation work with. */
interface SimulationDeps {
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly digest: DataDigest;
}

async function simulateRun(
  run: RunFacts,
  options: SimulateOptions,
  { crypto, clock, digest }: SimulationDeps,
): Promise<RunResult> {
  const { signal = new AbortController().signal } = options;
  const asked = options.workers ?? run.experiment.runner.workers;
  const workers = workerCount(asked, availableParallelism());
  const pool = openPool(run.open.data, workers, { crypto, clock });
  let task: SimulatedTask | undefined;
  let failure: TributaryError | undefined;
  const rounds: SimulatedRound[] = [];
  const snapshot = (): RunSnapshot | undefined => {
    const taken = task?.snapshot?.();
    return taken && { ...taken, data: digest(run.open.data) };
  };
  try {
    const before = await options.resume?.(run, run.index);
    if (before?.data !== undefined) requireSameData(run, before.data, digest);
    task = await begin(run, workers, { pool, crypto, clock }, before);
    rounds.push(...(before?.rounds ?? []));
    await options.runBegins?.(run, rounds);
    for (;;) {
      const round = await task.next(signal);
      if (round === undefined) return resultOf(run, rounds, task);
      rounds.push(round);
      await options.roundEnded?.(run, round, snapshot);
    }
  } catch (error) {
    failure = signal.aborted
      ? stopped(run, error)
      : asTributaryError(error, "INTERNAL", "The simulation failed");
    const isOfClient = failure.context["client"] !== undefined;
    if (task === undefined || !isOfClient || signal.aborted) throw failure;
    return { ...resultOf(run, rounds, task), failure };
  } finally {
    if (task !== undefined) await options.runEnded?.(run, snapshot(), failure);
    await task?.close?.();
    await pool.close();
  }
}

/** What a run has come to by now. */
function resultOf(
  { seed, variant, settings }: RunFacts,
  rounds: readonly SimulatedRound[],
  { engine, checkpoint, weights, participation }: SimulatedTask,
): RunResult {
  return {
    ...{ seed, variant, settings, engine, rounds, checkpoint, weights },
    ...(participation && { participation }),
  };
}

/** @throws TributaryError `CONFIG_INVALID` when a run would go on with other data than before. */
function requireSameData({ index, open }: RunFacts, before: string, digest: DataDigest): void {
  if (digest(open.data) === before) return;
  throw new AdvisedError(
    "CONFIG_INVALID",
    `Run ${index + 1} began with other data than ${open.data.name} has now`,
    {
      advice: advise`Give the data as it was, or begin again in another folder with ${setting("out")}.`,
    },
  );
}

function stopped({ index, seed, experiment }: RunFacts, cause: unknown): TributaryError {
  const message = `The simulation was stopped in run ${index + 1}, with seed ${seed}`;
  const goOn = advise`Go on with ${setting("resume", true)}`;
  const advice =
    experiment.runner.fidelity === "wire"
      ? advise`${goOn}: the runs before it are kept, and a run over sockets begins again.`
      : advise`${goOn}: what it had is stored.`;
  return new AdvisedError("ABORTED", message, { advice, cause });
}

async function begin(
  { experiment, open }: RunFacts,
  workers: number,
  deps: RunDeps,
  snapshot: RunSnapshot | undefined,
): Promise<SimulatedTask> {
  const { terms, data } = open;
  if (experiment.runner.fidelity === "wire") {
    // Loaded only here: it brings the whole server with it.
    const { WireRun } = await import("./wire/wire-run.ts");
    return WireRun.begin(terms, data, workers, deps);
  }
  const { concurrency } = await loadAlgorithm(experiment.algorithm);
  return concurrency === undefined
    ? DirectRun.begin(terms, deps, snapshot)
    : BufferedRun.begin(terms, concurrency, deps, snapshot);
}
