import { builtinModel } from "@tributary/protocol";
import { describe, expect, it, vi } from "vitest";
import { createTrainer } from "../src/engine-choice/choose-engine.ts";
import type { Trainer, TrainerOptions } from "../src/engine-choice/trainer-options.ts";
import { planFor } from "./support/model-task.ts";
import { linearPlan } from "./support/linear-task.ts";
import { testRandom } from "./support/test-random.ts";

/** Makes a trainer where WebAssembly has no SIMD, and so does not compile the training kernels. */
async function trainerWithoutSimd(options: TrainerOptions = {}): Promise<Trainer> {
  const compile = vi
    .spyOn(WebAssembly, "compile")
    .mockRejectedValue(new WebAssembly.CompileError());
  try {
    return await createTrainer(options);
  } finally {
    compile.mockRestore();
  }
}

describe("a platform whose WebAssembly has no SIMD", () => {
  const plan = planFor(builtinModel("mcmahan-2nn", testRandom(1)).description);
  const twin = {
    ...{ engine: "fused", backend: "reference" },
    slowBecause: expect.stringContaining("wasm-unsafe-eval"),
  };

  it("trains small models with the plain twin, and says what is missing", async () => {
    const trainer = await trainerWithoutSimd();
    expect(await trainer.choose(linearPlan())).toMatchObject(twin);
    trainer.dispose();
  });

  it("does not call the twin slow where the app asks for it", async () => {
    const trainer = await trainerWithoutSimd({ engine: "fused", backend: "reference" });
    expect(await trainer.choose(linearPlan())).not.toHaveProperty("slowBecause");
    trainer.dispose();
  });

  it("keeps the twin where results must have the same bits everywhere", async () => {
    const trainer = await trainerWithoutSimd({ repeatable: true });
    expect(await trainer.choose(plan)).toMatchObject(twin);
    trainer.dispose();
  });

  it("trains other models with tfjs's plain WebAssembly", async () => {
    const trainer = await trainerWithoutSimd();
    expect(await trainer.choose(plan)).toMatchObject({ engine: "tfjs", backend: "wasm" });
    trainer.dispose();
  });

  it("goes on with the twin where tfjs computes with something else", async () => {
    const tf = await import("@tensorflow/tfjs");
    await tf.setBackend("cpu");
    const trainer = await trainerWithoutSimd();
    expect(await trainer.choose(plan)).toMatchObject(twin);
    trainer.dispose();
  });
});
