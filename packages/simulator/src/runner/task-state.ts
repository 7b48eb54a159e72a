import {
  TaskHistory,
  localAdders,
  modelTerms,
  openCollection,
  packInitialState,
  roundingOf,
  serverOptimizer,
  type Collection,
  type CollectionDeps,
  type ModelState,
  type ModelTerms,
} from "@tributary/core";
import {
  TributaryError,
  checkpointIdOf,
  decodePlan,
  encodeCheckpoint,
  encodePlan,
  planOf,
  type CheckpointId,
  type RoundPurpose,
} from "@tributary/protocol";
import { openServerPart } from "../algorithms/open-server-part.ts";
import type { ServerPart } from "../algorithms/server-part.ts";
import { Downloads, versionBytesOf } from "./downloads.ts";
import { heldOutShare } from "./held-out-share.ts";
import { MergedSums } from "./merged-sums.ts";
import { RoundReports, bytesBeside } from "./round-reports.ts";
import type { RunSnapshot } from "./run-snapshot.ts";
import { isScoreDue } from "./score-due.ts";
import { scoreOfParts } from "./score-of-parts.ts";
import { serverRandom } from "./server-random.ts";
import type { SimulatedRound } from "./simulated-round.ts";
import type { RunDeps, RunTerms } from "./simulated-task.ts";
import type { ClientWork, KeptValues, UsedEngine } from "./trainer-pool.ts";

/** No report makes a server wait in a simulation: nothing else is done in its thread. */
const yieldTurn = async (): Promise<void> => {};

/** How often a round is tried before the run is given up. */
const MOST_ATTEMPTS = 100;

/**
 * Where the task of a run without connections stands: its model, what server and clients remember, and
 * its rounds so far.
 */
export class TaskState {
  readonly terms: RunTerms;
  readonly model: ModelTerms;
  readonly algorithm: ServerPart;
  readonly history: TaskHistory;
  /** The engine that trains. */
  readonly engine: UsedEngine;
  /** How often each client's report to a training round has counted. */
  readonly participation: Uint32Array;
  /** The number of the newest round that made a checkpoint; 0 for the initial model. */
  number = 0;
  /** Virtual milliseconds since the beginning of the run. */
  nowMs = 0;
  readonly #deps: RunDeps;
  readonly #collecting: CollectionDeps;
  readonly #sums: MergedSums;
  readonly #kept = new Map<number, KeptValues>();
  readonly #rounds: SimulatedRound[] = [];
  #state: ModelState;
  #downloads: Downloads;
  /** The round that has ended and is not noted before its checkpoint is scored. */
  #unscored: SimulatedRound | undefined;
  /** Rounds that were abandoned since the last one that was not. */
  #abandoned = 0;

  private constructor(
    terms: RunTerms,
    model: ModelTerms,
    state: ModelState,
    algorithm: ServerPart,
    engine: UsedEngine,
    deps: RunDeps,
  ) {
    const { task, clients } = terms;
    this.terms = terms;
    this.model = model;
    this.algorithm = algorithm;
    this.engine = engine;
    this.history = new TaskHistory(task);
    this.participation = new Uint32Array(clients);
    this.#deps = deps;
    this.#state = state;
    this.#downloads = new Downloads(0, versionBytesOf(state));
    this.#sums = new MergedSums(localAdders(deps.crypto));
    this.#collecting = {
      terms: model,
      openAdder: algorithm.wrapping(this.#sums.open),
      optimizer: serverOptimizer(task.serverOptimizer),
      weighting: algorithm.weightingOf(task),
    };
  }

  /**
   * Begins the task, and the pool's part in it.
   * @param snapshot - Of the same run, which then goes on from there.
   * @throws TributaryError `CONFIG_INVALID` when the algorithm cannot work with the task;
   *   `TASK_INVALID`, `PLAN_INVALID`, `MODEL_UNSUPPORTED`, or what the engine throws that cannot be
   *   loaded.
   */
  static async begin(terms: RunTerms, deps: RunDeps, snapshot?: RunSnapshot): Promise<TaskState> {
    const { task, model, seed, trainer, algorithm, attack } = terms;
    const planBytes = encodePlan(planOf(task, model.description));
    const plan = modelTerms(decodePlan(planBytes));
    const server = await openServerPart(terms, plan, deps.crypto);
    const random = roundingOf(serverRandom(deps.crypto, seed), task.name, 0);
    const state = await packInitialState(model.values, plan, { random, yieldTurn });
    const engine = await deps.pool.begin({
      ...{ planBytes, seed, trainer, heldOut: heldOutShare(task) },
      weighting: server.weightingOf(task),
      ...(algorithm && { algorithm }),
      ...(attack && { attack }),
    });
    const begun = new TaskState(terms, plan, state, server, engine, deps);
    if (snapshot !== undefined) begun.#goOn(snapshot);
    return begun;
  }

  get weights(): Float32Array {
    return this.#state.weights;
  }

  get checkpoint(): CheckpointId {
    return checkpointIdOf(this.#deps.crypto, encodeCheckpoint(this.#state.weights));
  }

  /** What a client downloads that has no model: the newest one, and what the algorithm sends beside it. */
  get bytesDown(): number {
    return this.#downloads.bytes.modelBytes + this.#bytesBeside;
  }

  /** Tells what a client downloads that may hold the newest model, or the one before. */
  bytesDownOf(): (client: number) => number {
    const beside = this.#bytesBeside;
    return (client) => this.#downloads.bytesFor(client) + beside;
  }

  /** Takes note that a client has got the newest model. */
  gotModel(client: number): void {
    this.#downloads.got(client);
  }

  get #bytesBeside(): number {
    return bytesBeside({ vectors: this.algorithm.sent });
  }

  /** The most bytes of an encoded update, with its moving statistics. */
  get mostBytesUp(): number {
    const { codec, dimension, statistics } = this.model;
    return codec.payloadBytes(dimension).max + 4 * statistics;
  }

  /** How many rounds have ended. */
  get roundCount(): number {
    return this.#rounds.length + (this.#unscored === undefined ? 0 : 1);
  }

  /** The round that was stopped while its checkpoint was scored; the run goes on with it. */
  get unscored(): SimulatedRound | undefined {
    return this.#unscored;
  }

  /** Opens the collection of a round, and what takes its reports. */
  collect(purpose: RoundPurpose): {
    readonly collection: Collection;
    readonly reports: RoundReports;
  } {
    const collection = openCollection(purpose, this.#collecting);
    collection.begin();
    const { weighting } = this.#collecting;
    const { algorithm } = this;
    const parts = { collection, sums: this.#sums, algorithm, kept: this.#kept, weighting };
    return { collection, reports: new RoundReports(parts) };
  }

  /**
   * What a client is asked for.
   * @param epochs - Passes over its examples: a straggler makes fewer than the plan says. 0 in an
   *   evaluation.
   */
  workOf({ client, epochs }: { readonly client: number; readonly epochs: number }): ClientWork {
    const kept = this.#kept.get(client);
    const isPartial = epochs > 0 && epochs < this.model.plan.training.localEpochs;
    return { client, ...(kept && { kept }), ...(isPartial && { epochs }) };
  }

  /** Makes the next model of the reports of a round that has collected updates. */
  async commit(collection: Collection, number: number): Promise<void> {
    const { task, seed } = this.terms;
    const random = roundingOf(serverRandom(this.#deps.crypto, seed), task.name, number);
    const state = await collection.combine(this.#state, { random, yieldTurn });
    if (state === undefined) return;
    this.#state = state;
    this.#downloads.begin(number, versionBytesOf(state));
    this.algorithm.commit();
    this.number = number;
  }

  /**
   * Takes note of a round that has ended, and scores its checkpoint if that is due.
   * @returns The round with its score.
   * @throws TributaryError `CONFIG_INVALID` when a round is abandoned again and again; `ABORTED`, and
   *   the round is `unscored` then.
   */
  async ended(round: SimulatedRound, signal: AbortSignal): Promise<SimulatedRound> {
    this.#requireProgress(round);
    this.#unscored = round;
    const score = await this.#score(round, signal);
    this.#unscored = undefined;
    const scored = score === undefined ? round : { ...round, score };
    this.#note(scored);
    return scored;
  }

  /** What the run needs to go on later, to the same bits. */
  snapshot(): RunSnapshot {
    const { weights, memory, residual } = this.#state;
    return {
      rounds: this.#rounds,
      ...(this.#unscored && { unscored: this.#unscored }),
      state: {
        weights,
        ...(memory === undefined ? {} : { memory }),
        ...(residual === undefined ? {} : { residual }),
      },
      kept: this.#kept,
      participation: this.participation,
      ...this.#downloads.bytes,
      held: this.#downloads.held,
      remembered: this.algorithm.kept,
    };
  }

  #goOn(snapshot: RunSnapshot): void {
    const { rounds, unscored, state, kept, remembered, participation, held } = snapshot;
    for (const round of rounds) this.#note(round);
    const last = unscored ?? rounds.at(-1);
    this.#state = state;
    this.#unscored = unscored;
    this.number = last === undefined ? 0 : (unscored?.number ?? this.history.lastNumber);
    this.nowMs = last?.endedAtMs ?? 0;
    for (const [client, values] of kept) this.#kept.set(client, values);
    this.algorithm.goOn(remembered);
    this.participation.set(participation);
    this.#downloads = new Downloads(this.number, snapshot, new Map(held));
  }

  #requireProgress({ number, outcome, reason }: SimulatedRound): void {
    this.#abandoned = outcome === "committed" ? 0 : this.#abandoned + 1;
    if (this.#abandoned < MOST_ATTEMPTS) return;
    throw new TributaryError(
      "CONFIG_INVALID",
      `Round ${number} was abandoned ${MOST_ATTEMPTS} times in a row (${reason})`,
      {
        remedy:
          "Lower round.goalCount or round.minimumFraction, raise round.overselection or round.reportingTimeoutMs, or let more devices of the population stay.",
      },
    );
  }

  /** The task is judged by the scores, as an operator's evaluations. */
  #note(round: SimulatedRound): void {
    this.#rounds.push(round);
    this.history.add(round);
    if (round.score === undefined) return;
    const nobody = { bytesUp: 0, bytesDown: 0, selected: 0, reported: 0, roundTimeMs: 0 };
    this.history.add({ ...round, ...nobody, kind: "operator-evaluation", metrics: round.score });
  }

  async #score(
    round: SimulatedRound,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, number>> | undefined> {
    if (!isScoreDue(round, this.terms)) return undefined;
    const parts = await this.#deps.pool.score(this.#state.weights, signal);
    return scoreOfParts(this.model.plan, parts);
  }
}
