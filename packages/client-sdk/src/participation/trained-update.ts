import {
  TributaryError,
  asTributaryError,
  gatherRanges,
  settleStatistics,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import type { ExampleSource } from "../examples/example-reader.ts";
import type {
  LocalTrainer,
  MeasuringTrainer,
  StepTerms,
  TrainRequest,
  TrainResult,
  TrainingProgress,
} from "../training/local-trainer.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import { checkExampleCount } from "./app-examples.ts";
import { personalWeights } from "./local-layers.ts";
import { modelUpdate } from "./model-update.ts";
import type { PlanMemory } from "./plan-memory.ts";
import type { ReportMemory } from "./report-memory.ts";

/** What a client trains on in a round. */
export interface TrainingRequest {
  /** Not modified. */
  readonly model: VerifiedModel;
  readonly roundNumber: number;
  readonly examples: ExampleSource;
  /** As in `TrainRequest`. */
  readonly rows?: Uint32Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** As in `TrainRequest`. */
  readonly hold?: TrainRequest["hold"];
  /** Called after every batch. */
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /** As in `TrainRequest`. */
  readonly terms?: StepTerms | undefined;
}

/** What the training of a client has come to, before it is clipped and encoded. */
export interface TrainedUpdate {
  /** The change of the trained parameters, float32, shape [rangesSize(parts.updated)]. */
  readonly update: Float32Array;
  /** The moving statistics after training, float32. */
  readonly statistics: Float32Array;
  readonly result: TrainResult;
}

/** What a client has of its own. */
export interface TrainingClient {
  readonly random: RandomSource;
  /** Where the client's own values are kept of layers that the plan leaves to each client. */
  readonly localLayers: PlanMemory;
}

/** What the training of one client among many is about. */
export interface ClientTraining extends TrainingClient, Omit<TrainingRequest, "signal" | "hold"> {}

/** What trains, and where. */
interface TrainingPlace<Trainer> {
  readonly trainer: Trainer;
  /** Where updates are made, for a program with many clients; new memory for each if left out. */
  readonly memory?: ReportMemory | undefined;
}

/**
 * Trains on the examples and computes the update.
 * @throws TributaryError `TRAINING_FAILED`, `EXAMPLES_INVALID`, `MODEL_UNSUPPORTED`, or `ABORTED`.
 */
export async function trainUpdate(
  deps: TrainingPlace<LocalTrainer> & TrainingClient,
  request: TrainingRequest,
): Promise<TrainedUpdate> {
  const asked = trainRequest(deps, request, deps.memory);
  let result: TrainResult;
  try {
    result = await deps.trainer.train(asked);
  } catch (error) {
    throw asTributaryError(error, "TRAINING_FAILED", "Training failed");
  }
  return updateOf(result, request.model, asked.weights, deps.memory);
}

/**
 * Does what `trainUpdate` does, for one client after the other.
 * @param request.plan - As in `TrainEachRequest`.
 * @param request.next - Gives the next client, once what the one before has come to has been given to
 *   `trained`; undefined when there is none.
 * @param trained - Called with what each client's training has come to. What it throws ends the work.
 * @throws TributaryError as `trainUpdate`.
 */
export function trainUpdates(
  { trainer, memory }: TrainingPlace<MeasuringTrainer>,
  {
    plan,
    next,
    signal,
  }: {
    readonly plan: Plan;
    readonly next: () => ClientTraining | undefined;
    readonly signal?: AbortSignal | undefined;
  },
  trained: (update: TrainedUpdate) => void,
): Promise<void> {
  let model: VerifiedModel;
  let before: Float32Array;
  const nextRequest = (): TrainRequest<ExampleSource> | undefined => {
    const client = next();
    if (client === undefined) return undefined;
    const request = trainRequest(client, client, memory);
    model = client.model;
    before = request.weights;
    return request;
  };
  return trainer.trainEach({ plan, next: nextRequest, signal }, (result) =>
    trained(updateOf(result, model, before, memory)),
  );
}

/** The name of the random streams of a client's work in a round. */
export const streamOf = (model: VerifiedModel, roundNumber: number): string =>
  `${model.plan.plan.task} round ${roundNumber}`;

/** The error for a trainer that gives what it must not. */
export const trainerFailed = (cause: string): TributaryError =>
  new TributaryError("TRAINING_FAILED", cause, {
    remedy: "Check the trainer that the app gave to FederatedClient.",
  });

function trainRequest(
  { random, localLayers }: TrainingClient,
  { model, roundNumber, examples, rows, signal, hold, onProgress, terms }: TrainingRequest,
  memory: ReportMemory | undefined,
): TrainRequest<ExampleSource> {
  return {
    plan: model.plan.plan,
    weights: personalWeights(model, localLayers),
    examples,
    rows,
    random: random.derive(`${streamOf(model, roundNumber)} train`),
    into: memory?.weights,
    terms,
    signal,
    hold,
    onProgress,
  };
}

/**
 * Computes an update, and checks what the trainer has returned.
 * @param before - The parameters that the training began with; not modified.
 */
function updateOf(
  result: TrainResult,
  { plan: { layout, parts } }: VerifiedModel,
  before: Float32Array,
  memory: ReportMemory | undefined,
): TrainedUpdate {
  const { weights, steps } = result;
  if (weights.length !== layout.size) {
    throw trainerFailed(
      `The trainer returned ${weights.length} weights, but the model has ${layout.size} parameters`,
    );
  }
  checkExampleCount(result.exampleCount);
  const update =
    memory?.updateOf(weights, before, parts.updated) ?? modelUpdate(weights, before, parts.updated);
  settleStatistics(weights, before, parts.normalized, steps);
  return { update, statistics: gatherRanges(weights, parts.statistics), result };
}
