import { TributaryError, xoshiro128 } from "@tributary/protocol";
import type {
  EvaluateRequest,
  LocalTrainer,
  PredictRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "../../src/index.ts";

/**
 * Trains the linear model by mini-batch gradient descent in plain arithmetic. A model of one long
 * vector is not trained: each of its values is moved by a thousandth. `gate` lets a test hold the
 * training before each batch.
 */
export class LinearTrainer implements LocalTrainer {
  gate: (batch: number, signal: AbortSignal | undefined) => Promise<void> = () => Promise.resolve();
  /** Changes the result, to play a trainer that goes wrong. */
  spoil: (result: TrainResult) => TrainResult = (result) => result;
  trainings = 0;
  disposed = 0;

  async train(request: TrainRequest): Promise<TrainResult> {
    const { plan, examples, signal, onProgress } = request;
    this.trainings += 1;
    const { localEpochs, batchSize, optimizer } = plan.training;
    const weights = request.weights.slice();
    const batches = Math.ceil(examples.count / batchSize);
    const random = xoshiro128(request.random.bytes(16));
    let steps = 0;
    let loss = 0;
    for (let epoch = 1; epoch <= localEpochs; epoch++) {
      loss = 0;
      const start = random() % examples.count;
      for (let batch = 1; batch <= batches; batch++) {
        await this.gate(steps, signal);
        if (signal?.aborted === true)
          throw new TributaryError("ABORTED", "The training was stopped");
        const batchLoss = step(
          weights,
          request,
          start + (batch - 1) * batchSize,
          optimizer.learningRate,
        );
        loss += batchLoss / batches;
        steps += 1;
        onProgress?.({ epoch, epochs: localEpochs, batch, batches, loss: batchLoss });
      }
    }
    return this.spoil({ weights, metrics: { loss }, steps, exampleCount: examples.count });
  }

  /** The requests for an evaluation. The loss that it returns is the sum of the weights. */
  evaluated: EvaluateRequest[] = [];

  evaluate(request: EvaluateRequest): Promise<TrainingMetrics> {
    this.evaluated.push(request);
    return Promise.resolve({ loss: request.weights.reduce((sum, weight) => sum + weight, 0) });
  }

  predict(request: PredictRequest): Promise<Float32Array> {
    return Promise.resolve(new Float32Array(request.count));
  }

  dispose(): void {
    this.disposed += 1;
  }
}

function step(weights: Float32Array, request: TrainRequest, from: number, rate: number): number {
  const { examples, plan } = request;
  if (weights.length !== 3) {
    for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! + 0.001;
    return 0;
  }
  const size = Math.min(plan.training.batchSize, examples.count);
  const gradient = [0, 0, 0];
  let loss = 0;
  for (let k = 0; k < size; k++) {
    const i = (from + k) % examples.count;
    const [a, b] = [examples.features[2 * i]!, examples.features[2 * i + 1]!];
    const error = weights[0]! * a + weights[1]! * b + weights[2]! - examples.labels[i]!;
    loss += error ** 2 / size;
    gradient[0]! += (2 * error * a) / size;
    gradient[1]! += (2 * error * b) / size;
    gradient[2]! += (2 * error) / size;
  }
  for (let i = 0; i < 3; i++) weights[i] = weights[i]! - rate * gradient[i]!;
  return loss;
}
