import type { Trainer, TrainResult } from "@tributary/client-sdk";
import { ManualClock } from "@tributary/client-sdk/testing";
import { describe, expect, it } from "vitest";
import { timedTrainer } from "../src/runner/timed-trainer.ts";

describe("The time of a trainer", () => {
  it("is that of trainings, and not of what is done between two of them", async () => {
    const clock = new ManualClock();
    const passing = {
      async trainEach({ next }, trained) {
        while (next() !== undefined) {
          clock.advance(10);
          trained({} as TrainResult);
          clock.advance(1);
        }
      },
    } as Pick<Trainer, "trainEach"> as Trainer;
    const trainer = timedTrainer(passing, clock);
    let left = 3;
    const next = (): never => {
      clock.advance(100);
      return (left-- > 0 ? {} : undefined) as never;
    };
    const taken: number[] = [];
    await trainer.trainEach({ plan: {} as never, next }, () => {
      clock.advance(1_000);
      taken.push(trainer.takeMs());
    });
    expect(taken).toEqual([10, 11, 11]);
    expect(trainer.takeMs()).toBe(1);
  });
});
