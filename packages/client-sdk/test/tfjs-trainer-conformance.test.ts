import { describe, it } from "vitest";
import { localTrainerCases } from "../src/testing/index.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { testRandom } from "./support/test-random.ts";

describe.each(["cpu", "wasm"] as const)("the tfjs trainer on %s", (backend) => {
  const open = (): ReturnType<typeof createTfjsTrainer> => createTfjsTrainer({ backend });
  for (const { name, run } of localTrainerCases({ open, random: testRandom })) it(name, run);
});
