import {
  createTrainer,
  takeExamples,
  type Clock,
  type Division,
  type Examples,
} from "@tributary/client-sdk";
import {
  PlanMemory,
  ReportMemory,
  clipUpdate,
  prepareEvaluation,
  trainUpdates,
  wholePlan,
  type ClientTraining,
  type VerifiedModel,
  type VerifiedPlan,
} from "@tributary/client-sdk/simulation";
import type { PartialSum } from "@tributary/core";
import {
  TributaryError,
  createKernels,
  decodePlan,
  planIdOf,
  seededRandom,
  updateCodec,
  type CheckpointId,
  type CryptoProvider,
  type RandomSource,
  type UpdateCodec,
  type UpdateKernels,
} from "@tributary/protocol";
import type { Algorithm, ClientResult } from "../algorithms/algorithm.ts";
import {
  trainByAlgorithm,
  weightsToEvaluate,
  withEpochs,
  type ClientPartDeps,
  type ClientPartRequest,
} from "../algorithms/client-part.ts";
import { loadAlgorithm } from "../algorithms/load-algorithm.ts";
import { AttackPart, type Sabotage } from "../attacks/attack-part.ts";
import { clientFailure } from "./client-failure.ts";
import { clientRows, dividedRows, type ClientRows } from "./client-examples.ts";
import { clientReport, type ClientReportDeps } from "./client-report.ts";
import type { RunDeps } from "./simulated-task.ts";
import type { SimulationData } from "./simulation-data.ts";
import { classCountOf } from "./labels.ts";
import { scorePart } from "./score-part.ts";
import { requireSuitable } from "./suitable-data.ts";
import { timedTrainer, type TimedTrainer } from "./timed-trainer.ts";
import type {
  ClientReport,
  ClientWork,
  PartScore,
  PoolRound,
  PoolTask,
  UsedEngine,
} from "./trainer-pool.ts";
import { WorkerSums } from "./worker-sums.ts";

/** A checkpoint that nobody stores has no name. */
const NAMELESS = "" as CheckpointId;

/** What the clients of a run have in common. */
interface Begun {
  readonly task: PoolTask;
  readonly plan: VerifiedPlan;
  readonly trainer: TimedTrainer;
  readonly algorithm: Algorithm;
  readonly attack: AttackPart | undefined;
  readonly random: RandomSource;
}

/** Where the updates of a run's clients are made and added up. */
interface UpdatePlaces {
  readonly codec: UpdateCodec;
  /** Undefined when the plan's rule needs every single update. */
  readonly sums: WorkerSums | undefined;
  /**
   * Where the reports of all clients are made. Undefined where updates stay after their reports have
   * been made, or where somebody else may keep them.
   */
  readonly memory: ReportMemory | undefined;
}

/** What the work of a client is done with. */
interface WorkDeps extends ClientPartDeps, ClientReportDeps {
  readonly trainer: TimedTrainer;
}

/** Does the work of one client after the other, with one engine and one copy of the model. */
export class ClientWorkplace {
  readonly #data: SimulationData;
  readonly #crypto: CryptoProvider;
  readonly #clock: Clock;
  readonly #kernels: Promise<UpdateKernels> = createKernels();
  #begun: Begun | undefined;
  /** Undefined until a client works: who only scores needs no memory for updates. */
  #places: UpdatePlaces | undefined;
  #classCount: number | undefined;

  constructor(data: SimulationData, { crypto, clock }: Omit<RunDeps, "pool">) {
    this.#data = data;
    this.#crypto = crypto;
    this.#clock = clock;
  }

  /** See `TrainerPool.begin`. */
  async begin(task: PoolTask): Promise<UsedEngine> {
    this.close();
    const { planBytes } = task;
    const plan = wholePlan(planIdOf(this.#crypto, planBytes), planBytes, decodePlan(planBytes));
    const trainer = timedTrainer(await createTrainer(task.trainer), this.#clock);
    await requireSuitable(plan.plan, trainer, this.#data.train);
    const algorithm = await loadAlgorithm(task.algorithm);
    const random = seededRandom(this.#crypto, task.seed);
    const attack = task.attack && new AttackPart(task.attack, random);
    this.#begun = { task, plan, trainer, algorithm, attack, random };
    return (await trainer.choose(plan.plan)).engine;
  }

  /**
   * Does the work of some clients of a round.
   * @param next - Gives the next client, once the one before has been reported; undefined when there
   *   is none.
   * @param reported - Called with each report.
   * @throws TributaryError what the work throws; the message names the client.
   */
  async work(
    round: PoolRound,
    next: () => ClientWork | undefined,
    reported: (report: ClientReport) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { algorithm, attack } = this.#requireBegun();
    this.#places ??= await this.#makePlaces();
    let at: number | undefined;
    const begin = (): ClientWork | undefined => {
      const work = next();
      at = work?.client;
      return work;
    };
    try {
      if (round.purpose === "training" && algorithm.train === undefined && attack === undefined) {
        await this.#trainEach(round, begin, reported, signal);
        return;
      }
      for (let work = begin(); work !== undefined; work = begin()) {
        const report =
          round.purpose === "training"
            ? this.#train(round, work, signal)
            : this.#evaluate(round, work, signal);
        reported(await report);
      }
    } catch (error) {
      throw at === undefined ? error : clientFailure(at, round.number, error);
    }
  }

  /** Takes out what has been added up of clients' updates; undefined if nothing has. */
  takeSums(): PartialSum | undefined {
    return this.#places?.sums?.take();
  }

  /** Measures a model on the held-out examples from `first` on. */
  score(weights: Float32Array, first: number, signal: AbortSignal): Promise<PartScore> {
    const { plan, trainer, attack } = this.#requireBegun();
    const deps = { plan: plan.plan, trainer, attack, classCount: this.#classes() };
    return scorePart(deps, this.#data.test, { weights, first, signal });
  }

  close(): void {
    this.#begun?.trainer.dispose();
    this.#begun = undefined;
    this.#places = undefined;
  }

  async #makePlaces(): Promise<UpdatePlaces> {
    const { task, plan, algorithm, attack } = this.#requireBegun();
    const kernels = await this.#kernels;
    const codec = updateCodec(plan.plan.update, kernels);
    const sums = WorkerSums.of(plan, task.weighting, kernels);
    const hasOwnWay = algorithm.train !== undefined || algorithm.personalize !== undefined;
    const isOurs = sums !== undefined && attack === undefined && !hasOwnWay;
    const form = { size: plan.layout.size, updated: plan.parts.updated, codec };
    return { codec, sums, memory: isOurs ? new ReportMemory(kernels, form) : undefined };
  }

  /** Trains honest clients as the plan says, all of them in one call of the trainer. */
  #trainEach(
    round: PoolRound,
    next: () => ClientWork | undefined,
    reported: (report: ClientReport) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { plan, trainer } = this.#requireBegun();
    const { memory } = this.#places!;
    const model = this.#modelOf(round);
    const roundNumber = round.number;
    let client = 0;
    let deps: WorkDeps;
    const nextTraining = (): ClientTraining | undefined => {
      const work = next();
      if (work === undefined) return undefined;
      ({ client } = work);
      deps = this.#depsOf(work);
      const { examples, rows } = this.#examplesOf(client).train;
      const { random, localLayers } = deps;
      const own = withEpochs(model, work.epochs);
      return { model: own, roundNumber, examples, rows, random, localLayers };
    };
    const request = { plan: plan.plan, next: nextTraining, signal };
    return trainUpdates({ trainer, memory }, request, (trained) => {
      clipUpdate(trained.update, plan.plan.clipNorm);
      reported(clientReport(deps, { client, model, roundNumber }, trained));
    });
  }

  /** Trains a client that has a way of its own, or that attacks. */
  async #train(round: PoolRound, work: ClientWork, signal: AbortSignal): Promise<ClientReport> {
    const { deps, request } = this.#partOf(round, work, signal);
    const { model, roundNumber } = request;
    const sabotage = this.#sabotage(round, work.client, signal);
    const poisoned = sabotage?.poison();
    const trained = await trainAndClip(
      deps,
      poisoned ? { ...request, examples: poisoned, rows: allRows(poisoned) } : request,
    );
    const update = (await sabotage?.forge(trained.update)) ?? trained.update;
    const reported = { client: work.client, model, roundNumber };
    return clientReport(deps, reported, { ...trained, update });
  }

  async #evaluate(round: PoolRound, work: ClientWork, signal: AbortSignal): Promise<ClientReport> {
    const { deps, request } = this.#partOf(round, work, signal);
    const { model } = request;
    const { heldOut } = this.#examplesOf(work.client);
    const examples = takeExamples(heldOut.examples, heldOut.rows);
    const weights = await weightsToEvaluate(deps, request);
    const asked = { model, weights, examples, signal };
    const { counted: _, ...report } = await prepareEvaluation(deps.trainer, asked);
    const trainerMs = deps.trainer.takeMs();
    return { ...report, client: work.client, payloadBytes: 0, trainerMs };
  }

  /** What a client does against the round; undefined if it is honest. */
  #sabotage(round: PoolRound, client: number, signal: AbortSignal): Sabotage | undefined {
    return this.#requireBegun().attack?.sabotage(client, round.number, round.attacked, {
      classCount: this.#classes(),
      examplesOf: (other) => {
        const { examples, rows } = this.#examplesOf(other).train;
        return takeExamples(examples, rows);
      },
      honestUpdateOf: async (other) => {
        const { deps, request } = this.#partOf(round, { client: other }, signal);
        return (await trainAndClip(deps, request)).update;
      },
    });
  }

  /** What a client works on in a round, and with what. */
  #partOf(
    round: PoolRound,
    work: ClientWork,
    signal: AbortSignal,
  ): { readonly deps: WorkDeps; readonly request: ClientPartRequest } {
    const { number: roundNumber, sent = {}, staleness = 0 } = round;
    const { examples, rows } = this.#examplesOf(work.client).train;
    const { epochs, kept } = work;
    return {
      deps: this.#depsOf(work),
      request: {
        ...{ model: this.#modelOf(round), examples, rows, roundNumber },
        ...{ sent, staleness, epochs, signal, kept: kept?.vectors ?? {} },
      },
    };
  }

  #modelOf({ weights }: PoolRound): VerifiedModel {
    return { plan: this.#requireBegun().plan, checkpoint: { id: NAMELESS, weights } };
  }

  #depsOf({ client, kept }: ClientWork): WorkDeps {
    const { plan, trainer, algorithm, random } = this.#requireBegun();
    const { codec, sums, memory } = this.#places!;
    const residuals = new PlanMemory();
    const localLayers = new PlanMemory();
    if (kept?.residual !== undefined) residuals.keep(plan.id, kept.residual);
    if (kept?.localLayers !== undefined) localLayers.keep(plan.id, kept.localLayers);
    return {
      trainer,
      algorithm,
      residuals,
      localLayers,
      codec,
      sums,
      memory,
      random: random.derive(`client ${client}`),
    };
  }

  /** The examples of a client: those to train on, and those that it holds out. */
  #examplesOf(client: number): Division<ClientRows> {
    const { task, random } = this.#requireBegun();
    return dividedRows(clientRows(this.#data, client, random), task.heldOut);
  }

  /** The number of classes in the examples to train on. */
  #classes(): number {
    return (this.#classCount ??= classCountOf(this.#data.train));
  }

  #requireBegun(): Begun {
    if (this.#begun === undefined) throw new TributaryError("INTERNAL", "No run has begun");
    return this.#begun;
  }
}

async function trainAndClip(
  deps: ClientPartDeps,
  request: ClientPartRequest,
): Promise<ClientResult> {
  const trained = await trainByAlgorithm(deps, request);
  clipUpdate(trained.update, request.model.plan.plan.clipNorm);
  return trained;
}

const allRows = ({ count }: Examples): Uint32Array =>
  Uint32Array.from({ length: count }, (_, row) => row);
