import type { RoundId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { roundsOf, type ParticipationEvent } from "../src/index.ts";
import { stage } from "./support/participant.ts";

const roundId = "rnd_1" as RoundId;

const selected = (roundNumber: number): ParticipationEvent => ({
  ...{ type: "selected", roundId, purpose: "training", roundNumber, task: "t", timeLeftMs: 1 },
});
const batch = (epoch: number, number: number): ParticipationEvent => ({
  ...{ type: "training", roundId, epoch, epochs: 2, batch: number, batches: 3, loss: 1 },
});
const trained: ParticipationEvent = {
  ...{ type: "trained", roundId, metrics: {}, steps: 6, exampleCount: 3, seconds: 1 },
};
const reporting: ParticipationEvent = { type: "reporting", roundId, bytes: 1 };
const finished: ParticipationEvent = {
  ...{ type: "round-finished", roundId, purpose: "training", roundNumber: 1, task: "t" },
  ...{ counted: true, outcome: { type: "abandoned", reason: "x" }, taskFinished: false },
};

/** A participation that tells these events, and how often it was ended by its reader. */
function telling(...events: ParticipationEvent[]): {
  readonly events: AsyncIterableIterator<ParticipationEvent, undefined, undefined>;
  readonly left: () => number;
} {
  let returns = 0;
  const iterator: AsyncIterableIterator<ParticipationEvent, undefined, undefined> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => {
      const value = events.shift();
      return Promise.resolve(
        value === undefined ? { done: true, value: undefined } : { done: false, value },
      );
    },
    return: () => {
      returns += 1;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { events: iterator, left: () => returns };
}

const ROUND = [batch(1, 1), batch(1, 3), batch(2, 2), batch(2, 3), trained, reporting, finished];

describe("a participation by rounds", () => {
  it("has their epochs, the batches of these, and then what is left of the round", async () => {
    const told: unknown[] = [];
    for await (const round of roundsOf(telling(selected(1), ...ROUND).events)) {
      for await (const epoch of round.epochs()) {
        for await (const { batch: number } of epoch.batches()) told.push([epoch.epoch, number]);
      }
      for await (const { type } of round.events()) told.push(type);
      told.push((await round.end())?.type);
    }
    expect(told).toEqual([
      ...[1, 3].map((number) => [1, number]),
      ...[2, 3].map((number) => [2, number]),
      ...["reporting", "round-finished", "round-finished"],
    ]);
  });

  it("skips what an app leaves unread of batches, of epochs and of rounds", async () => {
    const numbers: unknown[] = [];
    const events = telling(selected(1), ...ROUND, selected(2), ...ROUND, selected(3), ...ROUND);
    for await (const round of roundsOf(events.events)) {
      const { roundNumber } = round.selected;
      if (roundNumber === 1) continue;
      for await (const epoch of round.epochs()) {
        numbers.push([roundNumber, epoch.epoch]);
        if (roundNumber === 2) break;
        for await (const { batch: number } of epoch.batches()) {
          numbers.push(number);
          break;
        }
      }
    }
    expect(numbers).toEqual([[2, 1], [3, 1], 1, [3, 2], 2]);
  });

  it("has no epochs where nothing is trained, and no end where the participation ends first", async () => {
    const evaluated: ParticipationEvent = {
      ...{ type: "evaluated", roundId, metrics: {}, exampleCount: 3, seconds: 1 },
    };
    const ends: unknown[] = [];
    const { events } = telling(selected(1), evaluated, finished, selected(2), batch(1, 1));
    for await (const round of roundsOf(events)) {
      let epochs = 0;
      for await (const _ of round.epochs()) epochs += 1;
      ends.push([epochs, (await round.end())?.type]);
    }
    expect(ends).toEqual([
      [0, "round-finished"],
      [1, undefined],
    ]);
  });

  it("ends when the app leaves the loop", async () => {
    const { events, left } = telling(selected(1), ...ROUND);
    for await (const _ of roundsOf(events)) break;
    expect(left()).toBe(1);
  });

  it("is that of a client", async () => {
    const set = stage();
    const epochs: number[] = [];
    const read = async (): Promise<string | undefined> => {
      for await (const round of roundsOf(set.client.participate())) {
        for await (const { epoch } of round.epochs()) epochs.push(epoch);
        return (await round.end())?.type;
      }
      return undefined;
    };
    const reading = read();
    const connection = await set.server.accept();
    await connection.checkIn();
    const { roundId: round } = connection.configure(set.model);
    await connection.takeReportAfterConfigured(round);
    connection.accept(round);
    connection.commit(round, set.model, 1_000);
    expect(await reading).toBe("round-finished");
    expect((await connection.closed).code).toBe(1000);
    expect(epochs.at(-1)).toBe(3);
  });
});
