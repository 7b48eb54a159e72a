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
  encodeReport,
  prepareEvaluation,
  wholePlan,
  type PreparedReport,
  type TrainingDeps,
  type VerifiedPlan,
} from "@tributary/client-sdk/simulation";
import type { PartialSum } from "@tributary/core";
import {
  TributaryError,
  asTributaryError,
  createKernels,
  decodePlan,
  planIdOf,
  rangesSize,
  seededRandom,
  updateCodec,
  type CheckpointId,
  type CryptoProvider,
  type RandomSource,
  type UpdateKernels,
} from "@tributary/protocol";
import type { Algorithm, ClientResult, Vectors } from "../algorithms/algorithm.ts";
import {
  trainByAlgorithm,
  weightsToEvaluate,
  type ClientPartDeps,
  type ClientPartRequest,
} from "../algorithms/client-part.ts";
import { loadAlgorithm } from "../algorithms/load-algorithm.ts";
import { AttackPart, type Sabotage } from "../attacks/attack-part.ts";
import { clientFailure } from "./client-failure.ts";
import { clientRows, dividedRows, type ClientRows } from "./client-examples.ts";
import type { RunDeps } from "./simulated-task.ts";
import type { SimulationData } from "./simulation-data.ts";
import { classCountOf } from "./labels.ts";
import { scorePart } from "./score-part.ts";
import { requireSuitable } from "./suitable-data.ts";
import { timedTrainer, type TimedTrainer } from "./timed-trainer.ts";
import type {
  ClientReport,
  ClientWork,
  KeptValues,
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
  /** Undefined when the plan's rule needs every single update. */
  readonly sums: WorkerSums | undefined;
  /**
   * Where the reports of all clients are made. Undefined where updates stay after their reports have
   * been made, or where somebody else may keep them.
   */
  readonly memory: ReportMemory | undefined;
}

/** What the work of a client is done with. */
interface WorkDeps extends ClientPartDeps, Omit<TrainingDeps, "examples" | "trainer" | "memory"> {
  readonly trainer: TimedTrainer;
}

/** Does the work of one client after the other, with one engine and one copy of the model. */
export class ClientWorkplace {
  readonly #data: SimulationData;
  readonly #crypto: CryptoProvider;
  readonly #clock: Clock;
  readonly #kernels: Promise<UpdateKernels> = createKernels();
  #begun: Begun | undefined;
  /** Undefined until a client trains: who only measures needs no memory for updates. */
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
   * Does the work of one client.
   * @throws TributaryError what the work throws; the message names the client.
   */
  async work(round: PoolRound, work: ClientWork, signal: AbortSignal): Promise<ClientReport> {
    try {
      return await (round.purpose === "training"
        ? this.#train(round, work, signal)
        : this.#evaluate(round, work, signal));
    } catch (error) {
      throw clientFailure(work.client, round.number, error);
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

  async #train(round: PoolRound, work: ClientWork, signal: AbortSignal): Promise<ClientReport> {
    this.#places ??= await this.#makePlaces();
    const { deps, request } = this.#partOf(round, work, signal);
    const beforeMs = deps.trainer.spentMs;
    const { model } = request;
    const sabotage = this.#sabotage(round, work.client, signal);
    const poisoned = sabotage?.poison();
    const trained = await trainAndClip(
      deps,
      poisoned ? { ...request, examples: poisoned, rows: allRows(poisoned) } : request,
    );
    const { vectors, numbers, keep, statistics, result } = trained;
    const update = (await sabotage?.forge(trained.update)) ?? trained.update;
    const reported = { update, statistics, result };
    const report = await encodeReport(deps, model, round.number, reported);
    report.counted();
    const { payload, payloadBytes, refusal } = this.#add(report);
    // Written out, since parts of objects cost as much here as a pass over a small model.
    return {
      client: work.client,
      exampleCount: report.exampleCount,
      codec: report.codec,
      payload,
      payloadBytes,
      refusal,
      metrics: report.metrics,
      bases: report.bases,
      vectors,
      numbers,
      kept: keptOf(deps, model.plan, keep),
      trainerMs: deps.trainer.spentMs - beforeMs,
    };
  }

  async #makePlaces(): Promise<UpdatePlaces> {
    const { task, plan, algorithm, attack } = this.#requireBegun();
    const kernels = await this.#kernels;
    const sums = WorkerSums.of(plan, task.weighting, kernels);
    const hasOwnWay = algorithm.train !== undefined || algorithm.personalize !== undefined;
    const isOurs = sums !== undefined && attack === undefined && !hasOwnWay;
    return { sums, memory: isOurs ? memoryFor(plan, kernels) : undefined };
  }

  /** Adds an update to the sums, if there are some, so that only what is behind it is left. */
  #add({
    payload,
    exampleCount,
  }: Pick<PreparedReport, "payload" | "exampleCount">): Pick<
    ClientReport,
    "payload" | "payloadBytes" | "refusal"
  > {
    const { plan } = this.#requireBegun();
    const sums = this.#places?.sums;
    const payloadBytes = payload.length;
    if (sums === undefined) return { payload, payloadBytes, refusal: undefined };
    const end = payloadBytes - 4 * rangesSize(plan.parts.statistics);
    const rest = payload.subarray(end);
    try {
      sums.add(payload.subarray(0, end), exampleCount);
      return { payload: rest, payloadBytes, refusal: undefined };
    } catch (error) {
      const { code } = asTributaryError(error);
      if (code === "INTERNAL") throw error;
      return { payload: rest, payloadBytes, refusal: code };
    }
  }

  async #evaluate(round: PoolRound, work: ClientWork, signal: AbortSignal): Promise<ClientReport> {
    const { deps, request, heldOut } = this.#partOf(round, work, signal);
    const beforeMs = deps.trainer.spentMs;
    const { model } = request;
    const examples = takeExamples(heldOut.examples, heldOut.rows);
    const weights = await weightsToEvaluate(deps, request);
    const asked = { model, weights, examples, signal };
    const { counted: _, ...report } = await prepareEvaluation(deps.trainer, asked);
    const trainerMs = deps.trainer.spentMs - beforeMs;
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
    { number, weights, sent = {}, staleness = 0 }: PoolRound,
    { client, kept, epochs }: ClientWork,
    signal: AbortSignal,
  ): {
    readonly deps: WorkDeps;
    readonly request: ClientPartRequest;
    readonly heldOut: ClientRows;
  } {
    const { plan, trainer, algorithm, random } = this.#requireBegun();
    const { train, heldOut } = this.#examplesOf(client);
    const residuals = new PlanMemory();
    const localLayers = new PlanMemory();
    if (kept?.residual !== undefined) residuals.keep(plan.id, kept.residual);
    if (kept?.localLayers !== undefined) localLayers.keep(plan.id, kept.localLayers);
    return {
      deps: {
        trainer,
        algorithm,
        residuals,
        localLayers,
        memory: this.#places?.memory,
        random: random.derive(`client ${client}`),
        kernels: () => this.#kernels,
      },
      request: {
        model: { plan, checkpoint: { id: NAMELESS, weights } },
        examples: train.examples,
        rows: train.rows,
        roundNumber: number,
        sent,
        staleness,
        epochs,
        signal,
        kept: kept?.vectors ?? {},
      },
      heldOut,
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

function memoryFor({ plan, layout, parts }: VerifiedPlan, kernels: UpdateKernels): ReportMemory {
  const codec = updateCodec(plan.update, kernels);
  return new ReportMemory(kernels, { size: layout.size, updated: parts.updated, codec });
}

/** What a client keeps once its report counts; undefined if that is nothing. */
function keptOf(
  { residuals, localLayers }: Pick<TrainingDeps, "residuals" | "localLayers">,
  { id }: VerifiedPlan,
  vectors: Vectors | undefined,
): KeptValues | undefined {
  const residual = residuals.of(id);
  const own = localLayers.of(id);
  if ((residual ?? own ?? vectors) === undefined) return undefined;
  return {
    ...(residual && { residual }),
    ...(own && { localLayers: own }),
    ...(vectors && { vectors }),
  };
}

const allRows = ({ count }: Examples): Uint32Array =>
  Uint32Array.from({ length: count }, (_, row) => row);
