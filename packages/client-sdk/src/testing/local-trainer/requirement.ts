import type { LocalTrainer, TrainRequest } from "../../training/local-trainer.ts";

/**
 * Checks one requirement.
 * @param trainer - A new trainer, which the suite disposes afterwards.
 * @param request - Makes a valid request: a step or more on 30 examples. The seed is 1 unless
 *   given.
 */
export type TrainerRequirement = (
  trainer: LocalTrainer,
  request: (seed?: number) => TrainRequest,
) => Promise<void>;

/** Requirements by their titles. */
export type TrainerRequirements = Readonly<Record<string, TrainerRequirement>>;
