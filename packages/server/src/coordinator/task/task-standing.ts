import {
  TaskHistory,
  nextRound,
  type BestMeasurement,
  type ModelTerms,
  type NextRound,
  type TaskScore,
} from "@tributary/core";
import { TributaryError } from "@tributary/protocol";
import {
  ParticipationRules,
  hasParticipationRules,
  type Moment,
} from "../../enrolment/participation-rules.ts";
import type { RoundRecord, TaskRecord } from "../../storage/round-store.ts";
import type { ModelVersion } from "../model/model-version.ts";
import {
  newestVersion,
  versionOfRound,
  withMemory,
  type ReadVersionDeps,
} from "../model/read-version.ts";
import { shownRounds, type ShownRoundsDeps } from "../round/shown-rounds.ts";
import { RoundTimes } from "./round-times.ts";
import { withWayBack } from "./way-back.ts";

/**
 * The largest number of checkpoints that may wait to be evaluated because an operator has asked for
 * it. Each of them is kept in memory.
 */
const MAX_REQUESTED_EVALUATIONS = 4;

type TaskStandingDeps = ReadVersionDeps & ShownRoundsDeps;

/** The part of a task's stored state that its next round depends on. */
interface Stored {
  readonly version: ModelVersion;
  readonly participation: ParticipationRules;
  readonly history: TaskHistory;
}

/**
 * The standing of a task: its newest model, the history of its rounds, and the evaluations that an
 * operator has asked for.
 */
export class TaskStanding {
  readonly #task: TaskRecord;
  readonly #terms: ModelTerms;
  readonly #deps: TaskStandingDeps;
  /** How long the task's rounds take. */
  readonly times: RoundTimes;
  #stored: Stored;
  /** Versions that an operator wants evaluated, the next one first. */
  #requested: ModelVersion[] = [];

  private constructor(task: TaskRecord, terms: ModelTerms, stored: Stored, deps: TaskStandingDeps) {
    this.#task = task;
    this.#terms = terms;
    this.#stored = stored;
    this.#deps = deps;
    this.times = new RoundTimes(task.definition.round.reportingTimeoutMs);
  }

  /**
   * Reads where a task stands.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
   */
  static async read(
    task: TaskRecord,
    terms: ModelTerms,
    deps: TaskStandingDeps,
  ): Promise<TaskStanding> {
    return new TaskStanding(task, terms, await readStored(task, terms, deps), deps);
  }

  /**
   * Reads again what the store holds. Nothing changes when that fails.
   * @throws TributaryError the errors of `read`.
   */
  async readAgain(): Promise<void> {
    this.#stored = await readStored(this.#task, this.#terms, this.#deps, this.version);
  }

  /** The newest committed version of the model. */
  get version(): ModelVersion {
    return this.#stored.version;
  }

  /** How often each device has taken part. */
  get participation(): ParticipationRules {
    return this.#stored.participation;
  }

  /** Whether any client has ever reported to the task. */
  get hasReports(): boolean {
    return this.#stored.history.hasReports;
  }

  get best(): BestMeasurement | undefined {
    return this.#stored.history.best;
  }

  /** What the last evaluation came to. */
  get score(): TaskScore | undefined {
    return this.#stored.history.score;
  }

  /** The version that the next evaluation is of. */
  get evaluated(): ModelVersion {
    return this.#requested[0] ?? this.version;
  }

  /** Returns what the task does next when no round is in flight. */
  next(nowMs: number): NextRound {
    const requested = this.#requested[0]?.roundNumber;
    return nextRound(this.#task.definition, this.#stored.history, { nowMs, requested });
  }

  /** Returns what the participation rules need to know about the next round. */
  moment(nowMs: number): Moment {
    return { roundNumber: this.version.roundNumber + 1, nowMs, roundMs: this.times.meanMs };
  }

  /** Deletes the stored participations that are of no more use. */
  async pruneParticipations(nowMs: number): Promise<void> {
    if (!hasParticipationRules(this.#task.definition.participation)) return;
    const { roundNumber, atMs } = this.participation.prune(this.moment(nowMs));
    await this.#deps.store.pruneParticipations(this.#task.id, roundNumber, atMs);
  }

  /** Replaces the newest version of the model. */
  advance(version: ModelVersion): void {
    this.#stored = { ...this.#stored, version };
  }

  /** Adds a stored record to the task's history. */
  note(record: RoundRecord): void {
    this.#stored.history.add(record);
  }

  /**
   * Reads a version of the model, and has it evaluated next.
   * @param roundNumber - The round that made it; 0 for the initial model.
   * @throws TributaryError `CHECKPOINT_UNKNOWN`; `TASK_STATE_CONFLICT` when too many wait.
   */
  async requestEvaluation(roundNumber: number): Promise<void> {
    const version = await versionOfRound(this.#task, roundNumber, this.#terms, this.#deps);
    if (this.#requested.length >= MAX_REQUESTED_EVALUATIONS) {
      throw new TributaryError(
        "TASK_STATE_CONFLICT",
        `${MAX_REQUESTED_EVALUATIONS} evaluations of the task wait already`,
        { remedy: "Ask again when one has ended: `tributary round list` shows them." },
      );
    }
    this.#requested.push(version);
  }

  /** Forgets the requests to evaluate a version or, if it is left out, all requests. */
  forgetRequests(version?: ModelVersion): void {
    this.#requested = this.#requested.filter(
      (requested) => version !== undefined && requested !== version,
    );
  }
}

async function readStored(
  task: TaskRecord,
  terms: ModelTerms,
  deps: TaskStandingDeps,
  known?: ModelVersion,
): Promise<Stored> {
  const { store } = deps;
  const version = await newestVersion(task, terms, deps, known)
    .then((newest) => withMemory(newest, task, terms, deps))
    .catch(async (error: unknown) => {
      throw await withWayBack(error, task, deps);
    });
  const { participation: rules } = task.definition;
  // A task without such rules asks the store for nothing.
  const records = hasParticipationRules(rules) ? await store.participations(task.id) : [];
  return {
    version,
    participation: new ParticipationRules(rules, task.createdAtMs, records),
    history: new TaskHistory(task.definition, await shownRounds(task.id, deps)),
  };
}
