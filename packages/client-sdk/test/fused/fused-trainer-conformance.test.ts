import { describe, it } from "vitest";
import { localTrainerCases } from "../../src/testing/index.ts";
import { createTrainer } from "../../src/engine-choice/choose-engine.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { testRandom } from "../support/test-random.ts";

describe.each(["wasm", "reference"] as const)("the fused trainer on %s", (backend) => {
  const open = (): ReturnType<typeof createFusedTrainer> => createFusedTrainer({ backend });
  for (const { name, run } of localTrainerCases({ open, random: testRandom })) it(name, run);
});

describe("a trainer that chooses its engine", () => {
  const open = (): ReturnType<typeof createTrainer> => createTrainer({ backend: "cpu" });
  for (const { name, run } of localTrainerCases({ open, random: testRandom })) it(name, run);
});
