import { builtinModel } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { compileTopology } from "../../src/training/fused/compile/compile-topology.ts";
import { createReferenceKernels } from "../../src/training/fused/kernels/reference/reference-kernels.ts";
import type { TrainingKernels } from "../../src/training/fused/kernels/training-kernels.ts";
import {
  compileTrainingKernels,
  wasmKernels,
} from "../../src/training/fused/kernels/wasm/wasm-kernels.ts";
import { FusedNetwork } from "../../src/training/fused/network/network.ts";
import { planFor } from "../support/model-task.ts";
import { testRandom } from "../support/test-random.ts";

describe("a network's memory", () => {
  const plan = planFor(builtinModel("mcmahan-2nn", testRandom(1)).description);
  const model = compileTopology(plan);
  const build = (kernels: TrainingKernels, capacity: number): number => {
    new FusedNetwork(plan, model, kernels, capacity);
    return kernels.memory.buffer.byteLength / 4;
  };

  it("grows with the values of each example, and holds the parameters once", () => {
    const [little, some, much] = [256, 512, 768].map((capacity) =>
      build(createReferenceKernels(), capacity),
    );
    // The input; both hidden layers, whose activations are computed in place, with their gradients;
    // and the output with its gradient, the targets and the probabilities.
    const ofExample = 784 + 2 * (2 * 200) + 4 * 10;
    expect(some! - little!).toBe(256 * ofExample);
    expect(much! - some!).toBe(256 * ofExample);
    // The parameters, their gradient, one transposed kernel at a time, and the scratch memory of
    // multiplications.
    const parameters = 199_210;
    expect(little! - 256 * ofExample).toBeLessThan(2 * parameters + 784 * 200 + 20_000);
  });

  it("is an error that names the largest layer when it cannot be allocated", async () => {
    const kernels = await wasmKernels((await compileTrainingKernels())!)();
    // A WebAssembly memory has 2^30 float32 values at most.
    expect(() => build(kernels, 2 ** 20)).toThrow(
      expect.objectContaining({
        code: "MODEL_UNSUPPORTED",
        remedy: expect.stringContaining("smaller batches") as string,
        context: { layer: "hidden_1" },
      }),
    );
  });
});
