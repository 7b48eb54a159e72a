import {
  createTrainer,
  holdOut,
  type Clock,
  type Division,
  type Examples,
} from "@tributary/client-sdk";
import {
  PlanMemory,
  clipUpdate,
  encodeReport,
  personalWeights,
  prepareEvaluation,
  trainUpdate,
  wholePlan,
  type PreparedReport,
  type TrainingDeps,
  type VerifiedModel,
  type VerifiedPlan,
} from "@tributary/client-sdk/simulation";
import {
  TributaryError,
  asTributaryError,
  clauseOf,
  createKernels,
  decodePlan,
  planIdOf,
  seededRandom,
  type CheckpointId,
  type CryptoProvider,
  type RandomSource,
  type UpdateKernels,
} from "@tributary/protocol";
import { clientExamples } from "./client-examples.ts";
import type { RunDeps } from "./simulated-task.ts";
import type { SimulationData } from "./simulation-data.ts";
import { timedTrainer, type TimedTrainer } from "./timed-trainer.ts";
import {
  SCORED_AT_ONCE,
  type ClientReport,
  type ClientWork,
  type KeptValues,
  type PartScore,
  type PoolRound,
  type PoolTask,
} from "./trainer-pool.ts";

/** A checkpoint that nobody stores has no name. */
const NAMELESS = "" as CheckpointId;

/** What the clients of a run have in common. */
interface Begun {
  readonly task: PoolTask;
  readonly plan: VerifiedPlan;
  readonly trainer: TimedTrainer;
  readonly random: RandomSource;
}

/** Does the work of one client after the other, with one engine and one copy of the model. */
export class ClientWorkplace {
  readonly #data: SimulationData;
  readonly #crypto: CryptoProvider;
  readonly #clock: Clock;
  readonly #kernels: Promise<UpdateKernels> = createKernels();
  #begun: Begun | undefined;

  constructor(data: SimulationData, { crypto, clock }: Omit<RunDeps, "pool">) {
    this.#data = data;
    this.#crypto = crypto;
    this.#clock = clock;
  }

  /** See `TrainerPool.begin`. */
  async begin(task: PoolTask): Promise<void> {
    this.close();
    const { planBytes } = task;
    const plan = wholePlan(planIdOf(this.#crypto, planBytes), planBytes, decodePlan(planBytes));
    const trainer = timedTrainer(await createTrainer(task.trainer), this.#clock);
    this.#begun = { task, plan, trainer, random: seededRandom(this.#crypto, task.seed) };
  }

  /**
   * Does the work of one client.
   * @throws TributaryError what the work throws; the message names the client.
   */
  async work(
    { purpose, number, weights }: PoolRound,
    work: ClientWork,
    signal: AbortSignal,
  ): Promise<ClientReport> {
    const { plan, trainer } = this.#requireBegun();
    const beforeMs = trainer.spentMs;
    const model: VerifiedModel = { plan, checkpoint: { id: NAMELESS, weights } };
    try {
      const { report, kept } = await (purpose === "training"
        ? this.#train(model, number, work, signal)
        : this.#evaluate(model, work, signal));
      const { counted: _, ...said } = report;
      const trainerMs = trainer.spentMs - beforeMs;
      return { ...said, client: work.client, ...(kept === undefined ? {} : { kept }), trainerMs };
    } catch (error) {
      throw ofClient(work.client, number, error);
    }
  }

  /** Measures a model on the held-out examples from `first` on. */
  async score(weights: Float32Array, first: number, signal: AbortSignal): Promise<PartScore> {
    const { plan, trainer } = this.#requireBegun();
    const examples = slice(this.#data.test, first, first + SCORED_AT_ONCE);
    const asked = { plan: plan.plan, weights, examples, signal };
    return { exampleCount: examples.count, ...(await trainer.measure(asked)) };
  }

  close(): void {
    this.#begun?.trainer.dispose();
    this.#begun = undefined;
  }

  async #train(
    model: VerifiedModel,
    roundNumber: number,
    { client, kept }: ClientWork,
    signal: AbortSignal,
  ): Promise<{ readonly report: PreparedReport; readonly kept?: KeptValues }> {
    const { id, plan } = model.plan;
    const deps = this.#depsOf(client, model.plan, kept);
    const examples = this.#examplesOf(client).train;
    const trained = await trainUpdate(deps, { model, roundNumber, examples, signal });
    clipUpdate(trained.update, plan.clipNorm);
    const report = await encodeReport(deps, model, roundNumber, trained);
    report.counted();
    const residual = deps.residuals.of(id);
    const localLayers = deps.localLayers.of(id);
    if (residual === undefined && localLayers === undefined) return { report };
    return {
      report,
      kept: {
        ...(residual === undefined ? {} : { residual }),
        ...(localLayers === undefined ? {} : { localLayers }),
      },
    };
  }

  async #evaluate(
    model: VerifiedModel,
    { client, kept }: ClientWork,
    signal: AbortSignal,
  ): Promise<{ readonly report: PreparedReport; readonly kept?: undefined }> {
    const { trainer, localLayers } = this.#depsOf(client, model.plan, kept);
    const examples = this.#examplesOf(client).heldOut;
    const weights = personalWeights(model, localLayers);
    return { report: await prepareEvaluation(trainer, { model, weights, examples, signal }) };
  }

  #depsOf(
    client: number,
    { id }: VerifiedPlan,
    { residual, localLayers }: KeptValues = {},
  ): Omit<TrainingDeps, "examples"> {
    const { trainer, random } = this.#requireBegun();
    const residuals = new PlanMemory();
    if (residual !== undefined) residuals.keep(id, residual);
    const locals = new PlanMemory();
    if (localLayers !== undefined) locals.keep(id, localLayers);
    return {
      trainer,
      random: random.derive(`client ${client}`),
      kernels: () => this.#kernels,
      residuals,
      localLayers: locals,
    };
  }

  /** The examples of a client: those to train on, and those that it holds out. */
  #examplesOf(client: number): Division<Examples> {
    const { task, random } = this.#requireBegun();
    const { heldOut } = task;
    const own = clientExamples(this.#data, client, random);
    return heldOut === 0 ? { train: own, heldOut: slice(own, 0, 0) } : holdOut(own, heldOut);
  }

  #requireBegun(): Begun {
    if (this.#begun === undefined) throw new TributaryError("INTERNAL", "No run has begun");
    return this.#begun;
  }
}

/** Views of the examples from `from` up to, but not including, `to`. */
function slice(examples: Examples, from: number, to: number): Examples {
  const { features, labels, count } = examples;
  const end = Math.min(to, count);
  const width = count === 0 ? 0 : features.length / count;
  const labelWidth = count === 0 ? 0 : labels.length / count;
  return {
    ...examples,
    features: features.subarray(from * width, end * width),
    labels: labels.subarray(from * labelWidth, end * labelWidth),
    count: end - from,
  };
}

function ofClient(client: number, roundNumber: number, cause: unknown): TributaryError {
  const error = asTributaryError(cause, "TRAINING_FAILED", "Training failed");
  if (error.code === "ABORTED") return error;
  const { code, remedy } = error;
  return new TributaryError(code, `Client ${client} in round ${roundNumber}: ${clauseOf(error)}`, {
    ...(remedy === undefined ? {} : { remedy }),
    context: { client, round: roundNumber },
    cause,
  });
}
