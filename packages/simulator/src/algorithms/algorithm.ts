import type { StepTerms, TrainerOptions } from "@tributary/client-sdk";
import type { TrainedUpdate } from "@tributary/client-sdk/simulation";
import type { Plan, RandomSource, TaskDefinition, ValueRange } from "@tributary/protocol";

/** Float32 vectors by name. */
export type Vectors = Readonly<Record<string, Float32Array>>;

/**
 * What a way of learning adds to federated averaging. All parts are left out by federated averaging
 * itself. An algorithm holds no state: what it remembers is named vectors, which the runner keeps and
 * hands back. So any thread can do the work of any client, and a run can be resumed.
 *
 * A vector has one value for each parameter that the plan trains, in the order of an update, unless
 * the algorithm says otherwise.
 *
 * @example
 * // Each client moves by its sign only (arXiv:1802.04434).
 * const signs: Algorithm = {
 *   async train(client) {
 *     const trained = await client.train();
 *     return { ...trained, update: trained.update.map((value) => 0.01 * Math.sign(value)) };
 *   },
 * };
 */
export interface Algorithm {
  /**
   * How many clients train at the same time, each from the model that is newest when it begins; the
   * server steps whenever it has as many reports as a round takes. Clients train in rounds, if it is
   * left out.
   */
  readonly concurrency?: number;
  /** How much a report counts. As the task says, if it is left out. */
  readonly weighting?: "uniform";
  /**
   * Says what in a run the algorithm cannot work with, such as `plan.optimizer adam`; undefined if it
   * can work with all of it.
   */
  conflict?(run: Surroundings): string | undefined;
  /** What the server remembers before the first round; nothing, if it is left out. */
  begin?(model: BeginningModel): Vectors;
  /**
   * What clients are sent beside the model; nothing, if it is left out.
   * @param kept - What the server remembers.
   */
  send?(kept: Vectors): Vectors;
  /**
   * The work of a client in a training round. Runs in any thread. A client trains as the plan says,
   * if it is left out.
   */
  train?(client: ClientView): Promise<ClientResult>;
  /**
   * What the server makes of the reports. Their mean goes to the server optimizer, if it is left out.
   */
  combine?(round: RoundView): RoundResult;
  /**
   * The parameters with which a client evaluates: one value for each that the plan trains. Those of
   * the model, if it is left out. Runs in any thread.
   */
  personalize?(client: ClientView): Promise<Float32Array>;
}

/** What an algorithm has to work with. */
export interface Surroundings {
  readonly task: TaskDefinition;
  /** The engine of local training that is asked for. */
  readonly engine: NonNullable<TrainerOptions["engine"]>;
}

/** The model before the first round. */
export interface BeginningModel {
  /** Its parameters that the plan trains; not to be modified. */
  readonly parameters: Float32Array;
  /** Which of them form one kernel, one bias and so on. */
  readonly tensors: readonly ValueRange[];
  readonly random: RandomSource;
}

/** How a client trains. What is left out is as the plan says. */
export interface LocalTraining {
  /** Where to begin, in place of the model; not modified. */
  readonly parameters?: Float32Array;
  /** Is added to the gradient of every step; not modified. The engine must be the fused one. */
  readonly correction?: Float32Array;
  /** As in `StepTerms`. */
  readonly proximal?: StepTerms["proximal"];
  /** Passes over the examples. */
  readonly epochs?: number;
}

/** What an algorithm sees of a client. */
export interface ClientView {
  readonly plan: Plan;
  /** The model's parameters that the plan trains; not to be modified. */
  readonly parameters: Float32Array;
  /** What the server has sent beside the model; not to be modified. */
  readonly sent: Vectors;
  /** How many steps the server has made since the client began; 0 in rounds. */
  readonly staleness: number;
  /** What the client has kept; empty before its first report. Not to be modified. */
  readonly kept: Vectors;
  /** Trains on the client's examples. The update is new memory. */
  readonly train: (training?: LocalTraining) => Promise<TrainedUpdate>;
  /**
   * Measures the mean loss over the client's training examples.
   * @param parameters - Those of the model, if left out.
   */
  readonly loss: (parameters?: Float32Array) => Promise<number>;
}

/** What a client reports and keeps. */
export interface ClientResult extends TrainedUpdate {
  /** Vectors of any length that the server gets beside the update, exactly as they are. */
  readonly vectors?: Vectors;
  /** Numbers that the server gets beside the update. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** What the client keeps, in place of what it kept before, if the report counts. */
  readonly keep?: Vectors;
}

/**
 * What the server has of a round. A sum counts each report by its weight. It is exact and rounded
 * once, so that no result depends on the order in which reports come.
 */
export interface RoundView {
  /** The sum of the updates, float64; belongs to the algorithm. */
  readonly update: Float64Array;
  /** The sum of the weights, ≥ 1. */
  readonly weight: number;
  /** The sums of the vectors that clients report beside it; belong to the algorithm. */
  readonly vectors: Readonly<Record<string, Float64Array>>;
  /** The sums of the numbers that clients report beside it. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What the server remembers; not to be modified. */
  readonly kept: Vectors;
  /** Clients in the whole population. */
  readonly clients: number;
}

/** What the server makes of a round. */
export interface RoundResult {
  /** What the server optimizer takes in place of the mean update. */
  readonly update: Float64Array;
  /** What the server remembers from now on; as before, if it is left out. */
  readonly keep?: Vectors;
}
