import { nextRound, type RoundPolicy } from "@tributary/core";
import {
  evaluationRoundOf,
  roundOf,
  seededRandom,
  type CheckpointId,
  type RoundPurpose,
} from "@tributary/protocol";
import { attackersOf } from "../attacks/attackers.ts";
import { instantDevices, type Devices } from "./devices.ts";
import { DrawnCohorts } from "./drawn-cohorts.ts";
import { figuresByClient } from "./figures-by-client.ts";
import { reportsWithin, type MemberCourse } from "./member-course.ts";
import { takeCourse } from "./round-course.ts";
import type { RunSnapshot } from "./run-snapshot.ts";
import type { SimulatedRound } from "./simulated-round.ts";
import type { RunDeps, RunTerms, SimulatedTask } from "./simulated-task.ts";
import { TaskState } from "./task-state.ts";
import type { PoolRound, UsedEngine } from "./trainer-pool.ts";

/**
 * A run without connections: the state machine, the collections and the server step of the core, and
 * the work of clients, over memory.
 */
export class DirectRun implements SimulatedTask {
  readonly #task: TaskState;
  readonly #deps: RunDeps;
  /** The clients that attack, ascending. */
  readonly #attackers: readonly number[];
  readonly #policies: Readonly<Record<RoundPurpose, RoundPolicy>>;
  readonly #cohorts: DrawnCohorts;
  readonly #devices: Devices;

  private constructor(task: TaskState, deps: RunDeps) {
    const { task: definition, seed, clients, attack, devices } = task.terms;
    this.#task = task;
    this.#deps = deps;
    const random = seededRandom(deps.crypto, seed);
    this.#attackers = attack ? attackersOf(attack, clients, random.derive("attackers")) : [];
    const drawn = task.roundCount;
    this.#cohorts = new DrawnCohorts(definition, clients, random.derive("cohorts"), drawn);
    this.#devices = devices ?? instantDevices(clients);
    this.#policies = {
      training: roundOf(definition),
      evaluation: { ...evaluationRoundOf(definition), isOptional: true },
    };
  }

  /**
   * Begins a run.
   * @param snapshot - Of the same run, which then goes on from there.
   * @throws TributaryError as `TaskState.begin`.
   */
  static async begin(terms: RunTerms, deps: RunDeps, snapshot?: RunSnapshot): Promise<DirectRun> {
    return new DirectRun(await TaskState.begin(terms, deps, snapshot), deps);
  }

  get weights(): Float32Array {
    return this.#task.weights;
  }

  get checkpoint(): CheckpointId {
    return this.#task.checkpoint;
  }

  get engine(): UsedEngine {
    return this.#task.engine;
  }

  get participation(): Uint32Array {
    return this.#task.participation;
  }

  async next(signal: AbortSignal): Promise<SimulatedRound | undefined> {
    const { terms, history, nowMs, unscored } = this.#task;
    if (unscored !== undefined) return this.#task.ended(unscored, signal);
    const next = nextRound(terms.task, history, { nowMs, requested: undefined });
    if (next.type === "finished") return undefined;
    if (next.type === "wait") {
      this.#task.nowMs = next.untilMs;
      return this.next(signal);
    }
    return this.#task.ended(await this.#round(next.type, signal), signal);
  }

  /** See `TaskState.snapshot`. */
  snapshot(): RunSnapshot {
    return this.#task.snapshot();
  }

  async #round(purpose: RoundPurpose, signal: AbortSignal): Promise<SimulatedRound> {
    const { clock, pool } = this.#deps;
    const task = this.#task;
    const startedMs = clock.elapsedMs();
    const { weights, algorithm, nowMs: openMs } = task;
    const { collection, reports } = task.collect(purpose);
    const number = task.number + (collection.makesCheckpoint ? 1 : 0);
    const policy = this.#policies[purpose];
    const courses = this.#courses(purpose);
    const attacked = this.#attackedOf(courses);
    const asked: PoolRound = { purpose, number, weights, sent: algorithm.sent, ...attacked };
    const work = async (members: readonly MemberCourse[]): Promise<void> => {
      const clients = members.map((member) => task.workOf(member));
      reports.merge(await pool.work(asked, clients, (report) => reports.receive(report), signal));
    };
    const end = await takeCourse(policy, courses, openMs, {
      // The first that report are those that count, unless the reports of some of them are refused.
      begin: (members) => work(firstToReport(members, policy)),
      add: (client) =>
        reports.has(client)
          ? reports.refusalOf(client)
          : work(courses.filter((course) => course.client === client)).then(() =>
              reports.refusalOf(client),
            ),
    });
    reports.settle();
    if (purpose === "training") for (const client of end.counted) task.participation[client]! += 1;
    const bytesDown = this.#downloaded(courses.slice(0, end.selected));
    await collection.close();
    const isCommitted = end.reason === null;
    if (isCommitted) await task.commit(collection, number);
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
      metrics: isCommitted ? collection.measured().metrics : {},
      ...(isCommitted &&
        purpose === "evaluation" && { byClient: figuresByClient(reports.measured) }),
      bytesUp: reports.bytesUp,
      bytesDown,
      deviceSeconds: end.deviceMs / 1000,
      wastedSeconds: end.wastedMs / 1000,
      endedAtMs: end.endMs,
      roundTimeMs: end.endMs - openMs,
      seconds: (clock.elapsedMs() - startedMs) / 1000,
      trainerSeconds: reports.trainerMs / 1000,
    };
    collection.discard();
    task.nowMs = end.endMs;
    return round;
  }

  /** Who comes to be selected for the next round, and what each of them would do. */
  #courses(purpose: RoundPurpose): readonly MemberCourse[] {
    const { model, mostBytesUp, nowMs } = this.#task;
    const { random, size } = this.#cohorts.next(purpose);
    const isTraining = purpose === "training";
    const epochs = isTraining ? model.plan.training.localEpochs : 0;
    const bytesUp = isTraining ? mostBytesUp : 0;
    const bytesDownOf = this.#task.bytesDownOf();
    return this.#devices
      .gather(random, nowMs, size)
      .map((arrival) =>
        this.#devices.course(
          arrival,
          { epochs, bytesUp, bytesDown: bytesDownOf(arrival.client) },
          random,
        ),
      );
  }

  /** The bytes that the members of a round have downloaded; who has stayed so long holds the model. */
  #downloaded(members: readonly MemberCourse[]): number {
    const bytesDownOf = this.#task.bytesDownOf();
    let bytes = 0;
    for (const { client, configuredMs, leavesMs } of members) {
      bytes += bytesDownOf(client);
      if (leavesMs >= configuredMs) this.#task.gotModel(client);
    }
    return bytes;
  }

  #attackedOf(courses: readonly MemberCourse[]): Pick<PoolRound, "attacked"> {
    const [leader] = this.#attackers;
    if (leader === undefined) return {};
    const members = new Set(courses.map(({ client }) => client));
    const accomplices = this.#attackers.filter((client) => members.has(client));
    return { attacked: { accomplices, leader, cohort: courses.length } };
  }
}

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
