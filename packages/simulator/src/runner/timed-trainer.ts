import type { Clock, Trainer } from "@tributary/client-sdk";

/** A trainer that says how long it has worked. */
export interface TimedTrainer extends Trainer {
  /** Tells how long it has worked since this was last called, in milliseconds. */
  takeMs(): number;
}

/**
 * Takes the time of a trainer. Its calls must come one after the other. What others do between two of
 * many trainings is not counted.
 */
export function timedTrainer(trainer: Trainer, clock: Clock): TimedTrainer {
  let spentMs = 0;
  let startedMs = 0;
  const start = (): void => {
    startedMs = clock.elapsedMs();
  };
  const stop = (): void => {
    spentMs += clock.elapsedMs() - startedMs;
  };
  const timed = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    start();
    try {
      return await work();
    } finally {
      stop();
    }
  };
  const untimed = <Result>(work: () => Result): Result => {
    stop();
    try {
      return work();
    } finally {
      start();
    }
  };
  return {
    train: (request) => timed(() => trainer.train(request)),
    trainEach: ({ next, ...rest }, trained) =>
      timed(() =>
        trainer.trainEach({ ...rest, next: () => untimed(next) }, (result) =>
          untimed(() => trained(result)),
        ),
      ),
    measure: (request) => timed(() => trainer.measure(request)),
    evaluate: (request) => timed(() => trainer.evaluate(request)),
    predict: (request) => timed(() => trainer.predict(request)),
    choose: (plan) => trainer.choose(plan),
    dispose: () => trainer.dispose(),
    takeMs() {
      const takenMs = spentMs;
      spentMs = 0;
      return takenMs;
    },
  };
}
