import type { RoundId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { EventStream, type EventSink } from "../src/participation/event-stream.ts";
import type { ParticipationEvent } from "../src/index.ts";

const connecting = (attempt: number): ParticipationEvent => ({ type: "connecting", attempt });
const progress = (batch: number): ParticipationEvent => ({
  type: "training",
  roundId: "rnd_1" as RoundId,
  epoch: 1,
  epochs: 1,
  batch,
  batches: 9,
  loss: 0,
});
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("an event stream", () => {
  it("starts no work before it is read", async () => {
    let started = 0;
    const stream = new EventStream(() => {
      started += 1;
      return Promise.resolve();
    });
    await stream.return();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(started).toBe(0);
  });

  it("answers several pending reads in order", async () => {
    const stream = new EventStream(async (events, signal) => {
      await Promise.resolve();
      for (const attempt of [1, 2, 3]) events.push(connecting(attempt));
      await untilAborted(signal);
    });
    const reads = await Promise.all([stream.next(), stream.next(), stream.next()]);
    expect(reads.map(({ value }) => value)).toEqual([1, 2, 3].map(connecting));
    await stream.return();
  });

  it("answers a pending read when it is left", async () => {
    const stream = new EventStream((_, signal) => untilAborted(signal));
    const read = stream.next();
    await stream.return();
    expect(await read).toEqual({ done: true, value: undefined });
  });

  it("replaces an unread progress event by the next one, and no other event", async () => {
    let sink: EventSink | undefined;
    const stream = new EventStream(async (events, signal) => {
      sink = events;
      events.push(connecting(1));
      await untilAborted(signal);
    });
    await stream.next();
    for (let batch = 1; batch <= 1_000; batch++) sink?.push(progress(batch));
    sink?.push(connecting(2));
    sink?.push(progress(1));
    expect((await stream.next()).value).toEqual(progress(1_000));
    expect((await stream.next()).value).toEqual(connecting(2));
    expect((await stream.next()).value).toEqual(progress(1));
    await stream.return();
  });

  it("gives the unread events, then the error, and then ends", async () => {
    const stream = new EventStream(async (events) => {
      events.push(connecting(1));
      throw new Error("over");
    });
    expect((await stream.next()).value).toEqual(connecting(1));
    await expect(stream.next()).rejects.toThrow("over");
    expect((await stream.next()).done).toBe(true);
  });

  it("makes the work wait for a slow reader, and lets it go on when the reader has caught up", async () => {
    let attempts = 0;
    const stream = new EventStream(async (events, signal) => {
      try {
        for (;;) {
          await events.room(signal);
          events.push(connecting((attempts += 1)));
        }
      } catch {
        // Aborted while it waited.
      }
    });
    await stream.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(attempts).toBe(33);
    await stream.next();
    await stream.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(attempts).toBe(35);
    await stream.return();
  });

  it("stops listening to the app's signal when it has ended", async () => {
    const controller = new AbortController();
    const added: string[] = [];
    const signal = new Proxy(controller.signal, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name === "addEventListener" || name === "removeEventListener") added.push(name);
        return value.bind(target);
      },
    });
    const stream = new EventStream(() => Promise.resolve(), signal);
    await stream.next();
    expect(added).toEqual(["addEventListener", "removeEventListener"]);
  });
});
