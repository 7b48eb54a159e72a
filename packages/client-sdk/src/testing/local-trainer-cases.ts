import type { RandomSource } from "@tributary/protocol";
import type { LocalTrainer } from "../training/local-trainer.ts";
import type { ConformanceCase } from "@tributary/protocol/testing";
import { callRequirements } from "./local-trainer/calls.ts";
import { exampleRequirements } from "./local-trainer/examples.ts";
import { refusalRequirements } from "./local-trainer/refusals.ts";
import type { TrainerRequirements } from "./local-trainer/requirement.ts";
import { spiralExamples, trainerPlan, trainerWeights } from "./local-trainer/small-classifier.ts";
import { trainingRequirements } from "./local-trainer/training.ts";

/** What the cases need from the test that runs them. */
export interface LocalTrainerFixture {
  /** Makes a new trainer. The case disposes it. */
  readonly open: () => Promise<LocalTrainer>;
  /** Makes a repeatable source of randomness. */
  readonly random: (seed: number) => RandomSource;
}

const REQUIREMENTS: TrainerRequirements = {
  ...trainingRequirements,
  ...exampleRequirements,
  ...callRequirements,
  ...refusalRequirements,
};

/**
 * The conformance suite of the `LocalTrainer` port, for any test runner and platform.
 *
 * @example
 * for (const { name, run } of localTrainerCases({ open: openMine, random })) it(name, run);
 */
export function localTrainerCases({
  open,
  random,
}: LocalTrainerFixture): readonly ConformanceCase[] {
  return Object.entries(REQUIREMENTS).map(([name, requirement]) => ({
    name,
    run: async () => {
      const trainer = await open();
      try {
        await requirement(trainer, (seed = 1) => ({
          plan: trainerPlan(),
          weights: trainerWeights(),
          examples: spiralExamples(30),
          random: random(seed),
        }));
      } finally {
        trainer.dispose();
      }
    },
  }));
}
