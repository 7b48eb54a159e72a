import { NO_FATES } from "@tributary/core";
import { TributaryError, seededRandom, type CheckpointId } from "@tributary/protocol";
import { ClientsInFlight, type ClientInFlight, type FlightSnapshot } from "./clients-in-flight.ts";
import { instantDevices } from "./devices.ts";
import type { RoundReports } from "./round-reports.ts";
import type { RunSnapshot } from "./run-snapshot.ts";
import type { SimulatedRound } from "./simulated-round.ts";
import type { UsedEngine } from "./trainer-pool.ts";
import type { RunDeps, RunTerms, SimulatedTask } from "./simulated-task.ts";
import { TaskState } from "./task-state.ts";

/** What has happened since the last step of the server. */
interface Buffer {
  readonly reports: RoundReports;
  readonly landed: ClientInFlight[];
  bytesDown: number;
}

/**
 * An asynchronous run without connections: some clients train at all times, and the server steps
 * whenever a buffer of reports is full. A step is a round to all who follow the run. The work of
 * clients, the sums and the server step are those of a `DirectRun`.
 * @see arXiv:2106.06639
 */
export class BufferedRun implements SimulatedTask {
  readonly #task: TaskState;
  readonly #deps: RunDeps;
  readonly #clients: ClientsInFlight;
  /** The models that clients train from, by the number of the step. */
  readonly #models: Map<number, Float32Array>;
  /** The clients in flight after the last step: a step that is stopped begins again there. */
  #flight: FlightSnapshot;

  private constructor(task: TaskState, concurrency: number, deps: RunDeps, before?: RunSnapshot) {
    this.#task = task;
    this.#deps = deps;
    const { seed, clients, devices = instantDevices(clients) } = task.terms;
    const random = seededRandom(deps.crypto, seed).derive("cohorts");
    this.#clients = new ClientsInFlight({ devices, random, concurrency }, before?.flight?.clients);
    this.#flight = this.#clients.snapshot();
    this.#models = new Map(before?.flight?.models ?? [[task.number, task.weights]]);
  }

  /**
   * Begins a run.
   * @param concurrency - How many clients train at the same time.
   * @param snapshot - Of the same run, which then goes on from there.
   * @throws TributaryError as `TaskState.begin`.
   */
  static async begin(
    terms: RunTerms,
    concurrency: number,
    deps: RunDeps,
    snapshot?: RunSnapshot,
  ): Promise<BufferedRun> {
    const task = await TaskState.begin(terms, deps, snapshot);
    return new BufferedRun(task, concurrency, deps, snapshot);
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
    const { history, unscored } = this.#task;
    if (unscored !== undefined) return this.#task.ended(unscored, signal);
    if (history.end !== undefined) return undefined;
    return this.#task.ended(await this.#step(signal), signal);
  }

  /** See `TaskState.snapshot`; also what is in flight. */
  snapshot(): RunSnapshot {
    const flight = { clients: this.#flight, models: this.#models };
    return { ...this.#task.snapshot(), flight };
  }

  async #step(signal: AbortSignal): Promise<SimulatedRound> {
    const { clock } = this.#deps;
    const task = this.#task;
    const startedMs = clock.elapsedMs();
    const { number: version, nowMs: openMs } = task;
    const { goalCount } = task.terms.task.round;
    const { collection, reports } = task.collect("training");
    const buffer: Buffer = { reports, landed: [], bytesDown: 0 };
    // A report may be refused, so that the buffer needs another one.
    while (collection.reportCount < goalCount) {
      await this.#train(this.#land(goalCount - collection.reportCount, buffer), buffer, signal);
    }
    const landed = buffer.landed.filter(({ isLost }) => !isLost);
    for (const { client } of landed) if (counts(reports, client)) task.participation[client]! += 1;
    await collection.close();
    await task.commit(collection, version + 1);
    this.#models.set(version + 1, task.weights);
    this.#clients.stepped();
    this.#flight = this.#clients.snapshot();
    reports.settle();
    const oldest = this.#clients.oldestVersion(version + 1);
    for (const known of this.#models.keys()) if (known < oldest) this.#models.delete(known);
    const lost = buffer.landed.length - landed.length;
    const round: SimulatedRound = {
      ...{ kind: "training", number: version + 1, outcome: "committed", reason: null },
      checkpoint: this.checkpoint,
      selected: buffer.landed.length,
      reported: collection.reportCount,
      fates: {
        ...NO_FATES,
        reported: collection.reportCount,
        ...(lost > 0 && { left: { training: lost } }),
      },
      exampleCount: collection.exampleCount,
      metrics: collection.measured().metrics,
      staleness: meanOf(landed.map((client) => version - client.version)),
      bytesUp: reports.bytesUp,
      bytesDown: buffer.bytesDown,
      deviceSeconds: secondsOf(buffer.landed),
      wastedSeconds: secondsOf(
        buffer.landed.filter(({ client, isLost }) => isLost || !counts(reports, client)),
      ),
      endedAtMs: task.nowMs,
      roundTimeMs: task.nowMs - openMs,
      seconds: (clock.elapsedMs() - startedMs) / 1000,
      trainerSeconds: reports.trainerMs / 1000,
    };
    collection.discard();
    return round;
  }

  /** Lets time pass until so many clients have reported. Others begin in their place. */
  #land(count: number, buffer: Buffer): readonly ClientInFlight[] {
    const task = this.#task;
    const { bytesDown, mostBytesUp, model, number } = task;
    const work = { epochs: model.plan.training.localEpochs, bytesDown, bytesUp: mostBytesUp };
    const reporting: ClientInFlight[] = [];
    while (reporting.length < count) {
      buffer.bytesDown += bytesDown * this.#clients.fill(number, task.nowMs, work);
      const landed = this.#clients.land();
      if (landed === undefined) throw nobodyLeft(number + 1);
      task.nowMs = Math.max(task.nowMs, landed.endsMs);
      buffer.landed.push(landed);
      if (!landed.isLost) reporting.push(landed);
    }
    return reporting;
  }

  /** Does the work of clients: those that began with the same model together. */
  async #train(
    clients: readonly ClientInFlight[],
    { reports }: Buffer,
    signal: AbortSignal,
  ): Promise<void> {
    const { algorithm, number } = this.#task;
    for (const version of new Set(clients.map((client) => client.version))) {
      const asked = {
        ...{ purpose: "training" as const, number: version + 1, sent: algorithm.sent },
        ...{ weights: this.#models.get(version)!, staleness: number - version },
      };
      const work = clients
        .filter((client) => client.version === version)
        .map((client) => this.#task.workOf(client));
      reports.merge(
        await this.#deps.pool.work(asked, work, (report) => reports.receive(report), signal),
      );
    }
  }
}

const counts = (reports: RoundReports, client: number): boolean =>
  reports.has(client) && reports.refusalOf(client) === undefined;

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const secondsOf = (clients: readonly ClientInFlight[]): number =>
  clients.reduce((sum, { beganMs, endsMs }) => sum + endsMs - beganMs, 0) / 1000;

const nobodyLeft = (step: number): TributaryError =>
  new TributaryError("CONFIG_INVALID", `Step ${step} waits for reports, and no client can begin`, {
    remedy: "Lower round.goalCount, or give the experiment more clients that are there more often.",
  });
