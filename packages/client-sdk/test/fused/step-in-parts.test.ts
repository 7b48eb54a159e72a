import { builtinModel, checkpointIdOf, encodeCheckpoint } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";
import { compileTopology } from "../../src/training/fused/compile/compile-topology.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import {
  compileTrainingKernels,
  wasmKernels,
} from "../../src/training/fused/kernels/wasm/wasm-kernels.ts";
import { FusedNetwork } from "../../src/training/fused/network/network.ts";
import { planFor } from "../support/model-task.ts";
import { testRandom } from "../support/test-random.ts";

const BATCH = 3;
const crypto = createNodeCryptoProvider();
const { description, values } = builtinModel("mcmahan-cnn", testRandom(1));
const plan = planFor(description, { batchSize: BATCH, localEpochs: 1 });
const features = Float32Array.from({ length: 2 * BATCH * 784 }, (_, i) => ((i * 37) % 256) / 255);
const examples = {
  features,
  featureShape: [28, 28, 1],
  labels: Int32Array.from({ length: 2 * BATCH }, (_, i) => i % 10),
  labelShape: [],
  count: 2 * BATCH,
};

async function network(): Promise<FusedNetwork> {
  const kernels = await wasmKernels((await compileTrainingKernels())!)();
  const built = new FusedNetwork(plan, compileTopology(plan), kernels, BATCH);
  built.parameters.write(values);
  built.startTraining(testRandom(2));
  built.inputs.set(features.subarray(0, BATCH * 784));
  for (let i = 0; i < BATCH; i++) built.targets[i * 10 + i] = 1;
  return built;
}

describe("a training step in parts", () => {
  it("has the bits of a whole step, whatever runs between its layers", async () => {
    const [whole, parted] = await Promise.all([network(), network()]);
    let pauses = 0;
    const pause = (): Promise<void> => {
      pauses += 1;
      return new Promise((resolve) => setImmediate(resolve));
    };
    for (let step = 0; step < 2; step++) {
      expect(await parted.stepInParts(BATCH, pause)).toBe(whole.step(BATCH));
    }
    const hashes = [whole, parted].map(({ parameters }) =>
      checkpointIdOf(crypto, encodeCheckpoint(parameters.read())),
    );
    expect(hashes[1]).toBe(hashes[0]);
    // One after each layer forwards, and after each backwards.
    expect(pauses).toBeGreaterThan(2 * 10);
  });

  it("is held and stopped within the step", async () => {
    const trainer = await createFusedTrainer();
    const stopping = new AbortController();
    let asked = 0;
    let batches = 0;
    const training = trainer.train({
      ...{ plan, weights: values, examples, random: testRandom(3), signal: stopping.signal },
      hold: () => {
        asked += 1;
        if (asked === 3) stopping.abort();
        return undefined;
      },
      onProgress: () => (batches += 1),
    });
    await expect(training).rejects.toMatchObject({ code: "ABORTED" });
    expect([asked, batches]).toEqual([3, 0]);
    trainer.dispose();
  });
});
