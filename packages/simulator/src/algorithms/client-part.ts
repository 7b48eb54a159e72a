import { takeExamples, type Examples, type Trainer } from "@tributary/client-sdk";
import {
  personalWeights,
  trainUpdate,
  type ReportMemory,
  type TrainingClient,
  type VerifiedModel,
} from "@tributary/client-sdk/simulation";
import { gatherRanges, scatterRanges } from "@tributary/protocol";
import type { Algorithm, ClientResult, ClientView, LocalTraining, Vectors } from "./algorithm.ts";

/** What the work of a client by an algorithm is done with. */
export interface ClientPartDeps extends TrainingClient {
  readonly algorithm: Algorithm;
  readonly trainer: Trainer;
  readonly memory?: ReportMemory | undefined;
}

/** What a client works on in a round. */
export interface ClientPartRequest {
  readonly examples: Examples;
  /** Those of the examples that the client trains on. */
  readonly rows: Uint32Array;
  readonly model: VerifiedModel;
  readonly roundNumber: number;
  /** What the server sends beside the model. */
  readonly sent: Vectors;
  /** How many steps the server has made since the client began. */
  readonly staleness: number;
  /** What the client has kept. */
  readonly kept: Vectors;
  /** Passes over the examples, where they are not those of the plan. */
  readonly epochs: number | undefined;
  readonly signal: AbortSignal;
}

/** Does the client's part of a training round. */
export function trainByAlgorithm(
  deps: ClientPartDeps,
  request: ClientPartRequest,
): Promise<ClientResult> {
  const { algorithm } = deps;
  if (algorithm.train !== undefined) return algorithm.train(clientView(deps, request));
  return trainUpdate(deps, { ...request, model: withEpochs(request.model, request.epochs) });
}

/** The parameters that a client evaluates with, all of them; not to be modified. */
export async function weightsToEvaluate(
  deps: ClientPartDeps,
  request: ClientPartRequest,
): Promise<Float32Array> {
  const own = await deps.algorithm.personalize?.(clientView(deps, request));
  const weights = personalWeights(request.model, deps.localLayers);
  return own === undefined ? weights : withUpdated(weights, own, request.model);
}

/** What an algorithm sees of a client, and does with its examples. */
function clientView(deps: ClientPartDeps, request: ClientPartRequest): ClientView {
  const { model, examples, rows, roundNumber, sent, staleness, kept, signal } = request;
  const { plan, parts, layout } = model.plan;
  return {
    plan,
    sent,
    staleness,
    kept,
    get parameters() {
      return gatherRanges(model.checkpoint.weights, parts.updated);
    },
    train({ parameters, epochs = request.epochs, correction, proximal }: LocalTraining = {}) {
      const terms = {
        ...(correction && {
          correction: withUpdated(new Float32Array(layout.size), correction, model),
        }),
        ...(proximal === undefined ? {} : { proximal }),
      };
      const from = withEpochs(withParameters(model, parameters), epochs);
      return trainUpdate(deps, { model: from, roundNumber, examples, rows, terms, signal });
    },
    async loss(parameters) {
      const weights = personalWeights(withParameters(model, parameters), deps.localLayers);
      const own = takeExamples(examples, rows);
      const { metrics } = await deps.trainer.measure({ plan, examples: own, signal, weights });
      return metrics["loss"]!;
    },
  };
}

/** Returns the values with those that are updated replaced. @param all - Not modified. */
function withUpdated(
  all: Float32Array,
  updated: Float32Array,
  { plan }: VerifiedModel,
): Float32Array {
  const weights = all.slice();
  scatterRanges(updated, plan.parts.updated, weights);
  return weights;
}

function withParameters(model: VerifiedModel, parameters: Float32Array | undefined): VerifiedModel {
  if (parameters === undefined) return model;
  const { checkpoint } = model;
  const weights = withUpdated(checkpoint.weights, parameters, model);
  return { ...model, checkpoint: { ...checkpoint, weights } };
}

/** The same model, to be trained for so many epochs; as the plan says, if undefined. */
export function withEpochs(model: VerifiedModel, localEpochs: number | undefined): VerifiedModel {
  if (localEpochs === undefined) return model;
  const { plan } = model.plan;
  const changed = { ...plan, training: { ...plan.training, localEpochs } };
  return { ...model, plan: { ...model.plan, plan: changed } };
}
