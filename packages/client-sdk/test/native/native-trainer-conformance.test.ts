import { describe, it } from "vitest";
import { localTrainerCases } from "../../src/testing/index.ts";
import { createNativeTrainer } from "../../src/training/native/native-trainer.ts";
import { testRandom } from "../support/test-random.ts";

describe("the native trainer", () => {
  for (const { name, run } of localTrainerCases({
    open: createNativeTrainer,
    random: testRandom,
  })) {
    it(name, run);
  }
});
