import {
  TaskHistory,
  modelTerms,
  nextRound,
  openCollection,
  packInitialState,
  roundingOf,
  serverOptimizer,
  type Collection,
  type CollectionDeps,
  type ModelState,
  type ModelTerms,
  type RoundPolicy,
} from "@tributary/core";
import {
  TributaryError,
  checkpointIdOf,
  decodePlan,
  encodeCheckpoint,
  encodePlan,
  evaluationRoundOf,
  planOf,
  roundOf,
  seededRandom,
  type CheckpointId,
  type RoundPurpose,
} from "@tributary/protocol";
import { openServerPart } from "../algorithms/open-server-part.ts";
import type { ServerPart } from "../algorithms/server-part.ts";
import { attackersOf } from "../attacks/attackers.ts";
import { instantDevices, type Devices } from "./devices.ts";
import { DrawnCohorts } from "./drawn-cohorts.ts";
import { figuresByClient } from "./figures-by-client.ts";
import { heldOutShare } from "./held-out-share.ts";
import { reportsWithin, type MemberCourse } from "./member-course.ts";
import { takeCourse } from "./round-course.ts";
import { RoundReports, bytesBeside } from "./round-reports.ts";
import type { RunSnapshot } from "./run-snapshot.ts";
import { isScoreDue } from "./score-due.ts";
import { scoreOfParts } from "./score-of-parts.ts";
import { serverRandom } from "./server-random.ts";
import type { SimulatedRound } from "./simulated-round.ts";
import type { RunDeps, RunTerms, SimulatedTask } from "./simulated-task.ts";
import type { ClientWork, KeptValues, PoolRound } from "./trainer-pool.ts";

/** No report makes a server wait in a simulation: nothing else is done in its thread. */
const yieldTurn = async (): Promise<void> => {};

/** How often a round is tried before the run is given up. */
const MOST_ATTEMPTS = 100;

/**
 * A run without connections: the state machine, the collections and the server step of the core, and
 * the work of clients, over memory.
 */
export class DirectRun implements SimulatedTask {
  readonly #terms: RunTerms;
  readonly #deps: RunDeps;
  readonly #model: ModelTerms;
  readonly #algorithm: ServerPart;
  /** The clients that attack, ascending. */
  readonly #attackers: readonly number[];
  readonly #collecting: CollectionDeps;
  readonly #policies: Readonly<Record<RoundPurpose, RoundPolicy>>;
  readonly #cohorts: DrawnCohorts;
  readonly #devices: Devices;
  readonly #history: TaskHistory;
  readonly #kept = new Map<number, KeptValues>();
  readonly #rounds: SimulatedRound[] = [];
  /** How often each client's report to a training round has counted. */
  readonly participation: Uint32Array;
  #state: ModelState;
  /** What a member downloads of the newest state. */
  #modelBytes: number;
  #number = 0;
  #nowMs = 0;
  /** Rounds that were abandoned since the last one that was not. */
  #abandoned = 0;

  private constructor(
    terms: RunTerms,
    model: ModelTerms,
    state: ModelState,
    algorithm: ServerPart,
    deps: RunDeps,
  ) {
    const { task, seed, clients, attack } = terms;
    this.#terms = terms;
    this.#deps = deps;
    this.#model = model;
    this.#state = state;
    this.#modelBytes = downloadOf(state);
    this.#algorithm = algorithm;
    const random = seededRandom(deps.crypto, seed);
    this.#attackers = attack ? attackersOf(attack, clients, random.derive("attackers")) : [];
    this.#cohorts = new DrawnCohorts(task, clients, random.derive("cohorts"));
    this.participation = new Uint32Array(clients);
    this.#devices = terms.devices ?? instantDevices(clients);
    this.#history = new TaskHistory(task);
    this.#policies = {
      training: roundOf(task),
      evaluation: { ...evaluationRoundOf(task), isOptional: true },
    };
    this.#collecting = {
      terms: model,
      openAdder: algorithm.openAdder,
      optimizer: serverOptimizer(task.serverOptimizer),
      weighting: algorithm.weightingOf(task),
    };
  }

  /**
   * Begins a run.
   * @param snapshot - Of the same run, which then goes on from there.
   * @throws TributaryError `CONFIG_INVALID` when the algorithm cannot work with the task;
   *   `TASK_INVALID`, `PLAN_INVALID`, `MODEL_UNSUPPORTED`, or what the engine throws that cannot be
   *   loaded.
   */
  static async begin(terms: RunTerms, deps: RunDeps, snapshot?: RunSnapshot): Promise<DirectRun> {
    const { task, model, seed, trainer, algorithm, attack } = terms;
    const planBytes = encodePlan(planOf(task, model.description));
    const plan = modelTerms(decodePlan(planBytes));
    const server = await openServerPart(terms, plan, deps.crypto);
    const random = roundingOf(serverRandom(deps.crypto, seed), task.name, 0);
    const state = await packInitialState(model.values, plan, { random, yieldTurn });
    await deps.pool.begin({
      ...{ planBytes, seed, trainer, heldOut: heldOutShare(task) },
      ...(algorithm && { algorithm }),
      ...(attack && { attack }),
    });
    const run = new DirectRun(terms, plan, state, server, deps);
    if (snapshot !== undefined) run.#goOn(snapshot);
    return run;
  }

  get weights(): Float32Array {
    return this.#state.weights;
  }

  get checkpoint(): CheckpointId {
    return checkpointIdOf(this.#deps.crypto, encodeCheckpoint(this.#state.weights));
  }

  async next(signal: AbortSignal): Promise<SimulatedRound | undefined> {
    const moment = { nowMs: this.#nowMs, requested: undefined };
    const next = nextRound(this.#terms.task, this.#history, moment);
    if (next.type === "finished") return undefined;
    if (next.type === "wait") {
      this.#nowMs = next.untilMs;
      return this.next(signal);
    }
    const ended = await this.#round(next.type, signal);
    this.#requireProgress(ended);
    const score = await this.#score(ended, signal);
    const round = score === undefined ? ended : { ...ended, score };
    this.#note(round);
    return round;
  }

  /** @throws TributaryError `CONFIG_INVALID` when a round is abandoned again and again. */
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

  /** What the run needs to go on later, to the same bits. */
  snapshot(): RunSnapshot {
    const { weights, memory, residual } = this.#state;
    return {
      rounds: this.#rounds,
      state: {
        weights,
        ...(memory === undefined ? {} : { memory }),
        ...(residual === undefined ? {} : { residual }),
      },
      kept: this.#kept,
      participation: this.participation,
      modelBytes: this.#modelBytes,
      remembered: this.#algorithm.kept,
    };
  }

  #goOn({ rounds, state, kept, remembered, participation, modelBytes }: RunSnapshot): void {
    for (const round of rounds) {
      this.#cohorts.skip();
      this.#note(round);
    }
    const last = rounds.at(-1);
    this.#state = state;
    this.#number = last === undefined ? 0 : this.#history.lastNumber;
    this.#nowMs = last?.endedAtMs ?? 0;
    for (const [client, values] of kept) this.#kept.set(client, values);
    this.#algorithm.goOn(remembered);
    this.participation.set(participation);
    this.#modelBytes = modelBytes;
  }

  /** Takes note of a round and of the score of its checkpoint, by which the task is judged. */
  #note(round: SimulatedRound): void {
    this.#rounds.push(round);
    this.#history.add(round);
    if (round.score === undefined) return;
    const nobody = { bytesUp: 0, bytesDown: 0, selected: 0, reported: 0, roundTimeMs: 0 };
    this.#history.add({ ...round, ...nobody, kind: "operator-evaluation", metrics: round.score });
  }

  /** Nothing stays open: the pool belongs to whoever made it. */
  async close(): Promise<void> {}

  async #round(purpose: RoundPurpose, signal: AbortSignal): Promise<SimulatedRound> {
    const { clock } = this.#deps;
    const startedMs = clock.elapsedMs();
    const collection = openCollection(purpose, this.#collecting);
    const number = this.#number + (collection.makesCheckpoint ? 1 : 0);
    const policy = this.#policies[purpose];
    collection.begin();
    const bytesDown = this.#bytesDown;
    const courses = this.#courses(purpose);
    const { sent } = this.#algorithm;
    const attacked = this.#attackedOf(courses);
    const asked: PoolRound = { purpose, number, weights: this.#state.weights, sent, ...attacked };
    const reports = new RoundReports({
      ...{ collection, algorithm: this.#algorithm, kept: this.#kept },
      weighting: this.#collecting.weighting,
    });
    const work = (members: readonly MemberCourse[]): Promise<void> =>
      this.#deps.pool.work(
        asked,
        members.map((member) => this.#workOf(member)),
        (report) => reports.receive(report),
        signal,
      );
    const end = await takeCourse(policy, courses, this.#nowMs, {
      // The first that report are those that count, unless the reports of some of them are refused.
      begin: (members) => work(firstToReport(members, policy)),
      add: async (client) => {
        if (!reports.has(client)) await work(courses.filter((course) => course.client === client));
        return reports.refusalOf(client);
      },
    });
    if (purpose === "training") for (const client of end.counted) this.participation[client]! += 1;
    await collection.close();
    if (end.reason === null) await this.#commit(collection, number);
    const isCommitted = end.reason === null;
    const { metrics } = isCommitted ? collection.measured() : { metrics: {} };
    const round: SimulatedRound = {
      kind: purpose,
      number,
      outcome: isCommitted ? "committed" : "abandoned",
      reason: end.reason,
      checkpoint: isCommitted && collection.makesCheckpoint ? this.checkpoint : null,
      selected: end.selected,
      reported: collection.reportCount,
      fates: end.fates,
      exampleCount: isCommitted ? collection.exampleCount : 0,
      metrics,
      ...(isCommitted &&
        purpose === "evaluation" && { byClient: figuresByClient(reports.measured) }),
      bytesUp: reports.bytesUp,
      bytesDown: end.selected * bytesDown,
      deviceSeconds: end.deviceMs / 1000,
      wastedSeconds: end.wastedMs / 1000,
      endedAtMs: end.endMs,
      roundTimeMs: end.endMs - this.#nowMs,
      seconds: (clock.elapsedMs() - startedMs) / 1000,
      trainerSeconds: reports.trainerMs / 1000,
    };
    collection.discard();
    this.#nowMs = end.endMs;
    return round;
  }

  /** Who comes to be selected for the next round, and what each of them would do. */
  #courses(purpose: RoundPurpose): readonly MemberCourse[] {
    const { plan, codec, dimension, statistics } = this.#model;
    const { random, size } = this.#cohorts.next(purpose);
    const isTraining = purpose === "training";
    const work = {
      epochs: isTraining ? plan.training.localEpochs : 0,
      bytesDown: this.#bytesDown,
      bytesUp: isTraining ? codec.payloadBytes(dimension).max + 4 * statistics : 0,
    };
    return this.#devices
      .gather(random, this.#nowMs, size)
      .map((arrival) => this.#devices.course(arrival, work, random));
  }

  /** What a member is asked for: a straggler makes fewer passes than the plan says. */
  #workOf({ client, epochs }: MemberCourse): ClientWork {
    const kept = this.#kept.get(client);
    const isPartial = epochs > 0 && epochs < this.#model.plan.training.localEpochs;
    return { client, ...(kept && { kept }), ...(isPartial && { epochs }) };
  }

  async #commit(collection: Collection, number: number): Promise<void> {
    const { task, seed } = this.#terms;
    const random = roundingOf(serverRandom(this.#deps.crypto, seed), task.name, number);
    const state = await collection.combine(this.#state, { random, yieldTurn });
    if (state === undefined) return;
    this.#state = state;
    this.#modelBytes = downloadOf(state);
    this.#algorithm.commit();
    this.#number = number;
  }

  #attackedOf(courses: readonly MemberCourse[]): Pick<PoolRound, "attacked"> {
    const [leader] = this.#attackers;
    if (leader === undefined) return {};
    const members = new Set(courses.map(({ client }) => client));
    const accomplices = this.#attackers.filter((client) => members.has(client));
    return { attacked: { accomplices, leader, cohort: courses.length } };
  }

  /** What a member downloads, besides what the algorithm sends. */
  get #bytesDown(): number {
    return this.#modelBytes + bytesBeside({ vectors: this.#algorithm.sent });
  }

  /** Scores the newest checkpoint, if it is due. */
  async #score(
    round: SimulatedRound,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, number>> | undefined> {
    if (!isScoreDue(round, this.#terms)) return undefined;
    const parts = await this.#deps.pool.score(this.#state.weights, signal);
    return scoreOfParts(this.#model.plan, parts);
  }
}

/** What a member downloads of a state. */
const downloadOf = ({ difference, packed, weights }: ModelState): number =>
  (difference ?? packed)?.length ?? weights.byteLength;

/** The members whose reports come first, as many as the round has a goal for. */
function firstToReport(
  courses: readonly MemberCourse[],
  { goalCount, reportingTimeoutMs }: RoundPolicy,
): readonly MemberCourse[] {
  return courses
    .filter((course) => reportsWithin(course, reportingTimeoutMs))
    .sort((a, b) => a.reportedMs - b.reportedMs)
    .slice(0, goalCount);
}
