import type { Clock, Trainer } from "@tributary/client-sdk";

/** A trainer that says how long it has worked. */
export interface TimedTrainer extends Trainer {
  /** How long all trainings and evaluations have taken so far, in milliseconds. */
  readonly spentMs: number;
}

/** Takes the time of a trainer. Its calls must come one after the other. */
export function timedTrainer(trainer: Trainer, clock: Clock): TimedTrainer {
  let spentMs = 0;
  const timed = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const startedMs = clock.elapsedMs();
    try {
      return await work();
    } finally {
      spentMs += clock.elapsedMs() - startedMs;
    }
  };
  return {
    train: (request) => timed(() => trainer.train(request)),
    measure: (request) => timed(() => trainer.measure(request)),
    evaluate: (request) => timed(() => trainer.evaluate(request)),
    predict: (request) => timed(() => trainer.predict(request)),
    choose: (plan) => trainer.choose(plan),
    dispose: () => trainer.dispose(),
    get spentMs() {
      return spentMs;
    },
  };
}
