// What a client does with the batch normalisation of its model, beside training it.
import {
  createKernels,
  layoutOf,
  modelParts,
  planIdOf,
  encodePlan,
  rangesSize,
  seededRandom,
  splitStatistics,
  updateCodec,
  type BatchNormalization,
  type CheckpointId,
  type Plan,
  type UpdateSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";
import { personalWeights } from "../src/participation/local-layers.ts";
import { PlanMemory } from "../src/participation/plan-memory.ts";
import { prepareReport, type TrainingDeps } from "../src/participation/prepared-report.ts";
import type { LocalTrainer } from "../src/training/local-trainer.ts";
import type { VerifiedModel } from "../src/trust/verified-model.ts";
import { memoryExampleStore } from "../src/examples/example-store.ts";
import { lineExamples, linearPlan } from "./support/linear-task.ts";

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 2);
const MOMENTUM = 0.5;
const CHECKPOINT = Float32Array.of(1, 0, 0, 1, 3, 4);

/** A model of one normalised channel and two weights. */
function normalizedPlan(batchNormalization: BatchNormalization, changes: Partial<Plan> = {}): Plan {
  const { model, training } = linearPlan();
  return linearPlan({
    model: {
      ...model,
      topology: { class_name: "BatchNormalization", config: { name: "bn", momentum: MOMENTUM } },
      parameters: [
        { name: "bn/gamma", shape: [1] },
        { name: "bn/beta", shape: [1] },
        { name: "bn/moving_mean", shape: [1] },
        { name: "bn/moving_variance", shape: [1] },
        { name: "out/kernel", shape: [2] },
      ],
    },
    training: { ...training, batchNormalization },
    ...changes,
  });
}

function modelOf(plan: Plan): VerifiedModel {
  const layout = layoutOf(plan.model.parameters);
  const bytes = encodePlan(plan);
  const parts = modelParts(layout, plan.model.topology, plan.training);
  return {
    plan: { id: planIdOf(crypto, bytes), bytes, plan, layout, parts },
    checkpoint: { id: "0".repeat(64) as CheckpointId, weights: CHECKPOINT },
  };
}

/** Trains one round: gamma, beta and the kernel grow by 0.5 in two steps. */
async function report(
  model: VerifiedModel,
  localLayers: PlanMemory = new PlanMemory(),
  rows = { mean: 4_200, variance: 640_000 },
) {
  const begun: Float32Array[] = [];
  const trainer: Pick<LocalTrainer, "train"> = {
    train: ({ weights, examples }) => {
      begun.push(weights.slice());
      const kept = MOMENTUM ** 2;
      const trained = weights.map((value) => value + 0.5);
      trained[2] = kept * weights[2]! + (1 - kept) * rows.mean;
      trained[3] = kept * weights[3]! + (1 - kept) * rows.variance;
      return Promise.resolve({
        ...{ weights: trained, metrics: { loss: 0 }, steps: 2, exampleCount: examples.count },
      });
    },
  };
  const deps: TrainingDeps = {
    trainer: trainer as LocalTrainer,
    examples: memoryExampleStore(lineExamples()),
    random,
    kernels: createKernels,
    residuals: new PlanMemory(),
    localLayers,
  };
  const prepared = await prepareReport(deps, {
    model,
    roundNumber: 1,
    examples: lineExamples(),
    signal: new AbortController().signal,
    onProgress: () => {},
    onTrained: () => {},
  });
  return { prepared, begun: begun[0]! };
}

function updateIn(payload: Uint8Array, { plan: { plan, parts } }: VerifiedModel): number[] {
  const values: number[] = [];
  const dimension = rangesSize(parts.updated);
  updateCodec(plan.update).decode(payload, dimension, (block) => values.push(...block));
  return values;
}

describe("pooled batch normalisation", () => {
  it.each<UpdateSpec>([
    { codec: "float32" },
    { codec: "uniform", bits: 2 },
    { codec: "eden", bits: 1, entropy: false },
  ])("reports its statistics as float32 behind an update in %o", async (update) => {
    const model = modelOf(normalizedPlan("pooled", { update }));
    const { prepared } = await report(model);
    const { head, statistics } = splitStatistics(prepared.payload, 2);
    // They are those of the client's examples, without what two steps leave of the checkpoint's.
    expect([...statistics]).toEqual([4_200, 640_000]);
    expect(updateIn(head, model)).toHaveLength(4);
    expect(updateIn(head, model).every((value) => Math.abs(value - 0.5) < 0.01)).toBe(true);
  });

  it("is clipped without the statistics, which would leave nothing of the weights", async () => {
    const model = modelOf(normalizedPlan("pooled", { clipNorm: 5 }));
    const { head } = splitStatistics((await report(model)).prepared.payload, 2);
    expect(updateIn(head, model)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it("is refused before it is sent when no server could pool it", async () => {
    const model = modelOf(normalizedPlan("pooled"));
    const far = report(model, new PlanMemory(), { mean: 2 ** 63, variance: 1 });
    await expect(far).rejects.toMatchObject({ code: "UPDATE_OUT_OF_RANGE" });
  });
});

describe("local batch normalisation", () => {
  it("stays with the client, which goes on with it once its report counts", async () => {
    const model = modelOf(normalizedPlan("local"));
    const kept = new PlanMemory();
    const first = await report(model, kept);
    expect(updateIn(first.prepared.payload, model)).toEqual([0.5, 0.5]);
    expect(first.prepared.payload).toHaveLength(8);
    expect(personalWeights(model, kept)).toBe(CHECKPOINT);
    first.prepared.counted();
    expect([...personalWeights(model, kept)]).toEqual([1.5, 0.5, 4_200, 640_000, 3, 4]);
    const second = await report(model, kept);
    expect([...second.begun]).toEqual([1.5, 0.5, 4_200, 640_000, 3, 4]);
    expect(updateIn(second.prepared.payload, model)).toEqual([0.5, 0.5]);
    expect([...CHECKPOINT]).toEqual([1, 0, 0, 1, 3, 4]);
  });

  it("is not taken over into another plan", async () => {
    const kept = new PlanMemory();
    const { prepared } = await report(modelOf(normalizedPlan("local")), kept);
    prepared.counted();
    const other = modelOf(normalizedPlan("local", { task: "another" }));
    expect(personalWeights(other, kept)).toBe(CHECKPOINT);
  });
});
