import { describe, expect, it } from "vitest";

import { silentLogger, type Logger } from "../src/runtime/logger.ts";
import { EventFeed } from "../src/telemetry/event-feed.ts";
import { logEvents } from "../src/telemetry/event-log.ts";
import type { ServerEvent } from "../src/telemetry/server-event.ts";
import { makeWorld, quiet, until, type World } from "./coordinator-world.ts";

const rejected: ServerEvent = { type: "check-in-rejected", code: "NO_OPEN_ROUND" };
const failed = (code: "TIMED_OUT" | "INTERNAL" = "TIMED_OUT"): ServerEvent => ({
  type: "session-failed",
  code,
});

/** Makes a logger that keeps its lines in memory. */
function keepingLogger(): { readonly logger: Logger; readonly lines: unknown[][] } {
  const lines: unknown[][] = [];
  const keep =
    (level: string) =>
    (...line: unknown[]): void =>
      void lines.push([level, ...line]);
  const logger = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
  return { logger, lines };
}

describe("an event feed", () => {
  it("hands each event to every subscriber in order, until the subscriber leaves", () => {
    const feed = new EventFeed(silentLogger);
    const [first, second]: [ServerEvent[], ServerEvent[]] = [[], []];
    const leave = feed.subscribe((event) => first.push(event));
    feed.subscribe((event) => second.push(event));
    feed.publish(rejected);
    leave();
    leave();
    feed.publish(failed());
    expect(first).toEqual([rejected]);
    expect(second).toEqual([rejected, failed()]);
    expect(feed.subscriberCount).toBe(1);
  });

  it("logs the error of a subscriber and goes on with the others", () => {
    const { logger, lines } = keepingLogger();
    const feed = new EventFeed(logger);
    const seen: ServerEvent[] = [];
    const error = new Error("no");
    feed.subscribe(() => {
      throw error;
    });
    feed.subscribe((event) => seen.push(event));
    feed.publish(rejected);
    expect(seen).toEqual([rejected]);
    expect(lines).toEqual([
      ["error", "event listener failed", { error, event: "check-in-rejected" }],
    ]);
  });

  it("streams events to a slow reader, and says how many it has dropped", async () => {
    const feed = new EventFeed(silentLogger);
    const stream = feed.stream({ capacity: 3 });
    for (const code of ["TIMED_OUT", "INTERNAL"] as const) feed.publish(failed(code));
    for (let i = 0; i < 3; i++) feed.publish(rejected);
    const read = async () => (await stream.next()).value;
    expect(await read()).toEqual({ type: "events-missed", count: 2 });
    for (let i = 0; i < 3; i++) expect(await read()).toEqual(rejected);
    const next = read();
    feed.publish(failed());
    expect(await next).toEqual(failed());
    await stream.return?.();
    expect(feed.subscriberCount).toBe(0);
  });

  it("ends a stream after the events that it has kept when its signal is aborted", async () => {
    const feed = new EventFeed(silentLogger);
    const stopping = new AbortController();
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of feed.stream({ signal: stopping.signal })) seen.push(event);
    })();
    feed.publish(rejected);
    stopping.abort();
    feed.publish(failed());
    await reading;
    expect(seen).toEqual([rejected]);
    expect(feed.subscriberCount).toBe(0);
    const late = feed.stream({ signal: stopping.signal });
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });
});

/** Returns the types of events, each with what distinguishes it from others of its type. */
function typesOf({ events }: World): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "phase-ended":
        return `phase-ended ${event.phase}`;
      case "round-ended":
        return `round-ended ${event.round.outcome}`;
      case "task-state":
        return `task-state ${event.state}`;
      default:
        return event.type;
    }
  });
}

describe("the events of a round", () => {
  it("come in the documented order, and before the end of the task", async () => {
    const world = makeWorld();
    await world.startTask({ round: { overselection: 2 }, stop: { rounds: 1 } });
    const [a, b, c, liar, leaver, quitter] = world.checkIn(6);
    liar!.report({ header: { exampleCount: 0 } });
    leaver!.disconnect();
    quitter!.withdraw();
    for (const client of [a, b, c]) client!.report();
    await until("the task has ended", () => typesOf(world).at(-1) === "task-state finished");
    expect(typesOf(world)).toEqual([
      "task-state created",
      "task-state running",
      "round-opened",
      "phase-ended selecting",
      "round-started",
      "phase-ended configuring",
      "report-refused",
      "member-left",
      "member-withdrew",
      "report-accepted",
      "report-accepted",
      "report-accepted",
      "phase-ended reporting",
      "phase-ended committing",
      "round-ended committed",
      "task-state finished",
    ]);
  });

  it("end with the record of an abandoned round, and have no record of a round without a cohort", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const clients = world.checkIn(3);
    for (const client of clients.slice(1)) client.disconnect();
    await until("the next round is open", () => typesOf(world).at(-1) === "round-opened");
    await world.coordinator.pauseTask(task.id);
    await quiet();
    expect(typesOf(world).slice(2)).toEqual([
      "round-opened",
      "phase-ended selecting",
      "round-started",
      "phase-ended configuring",
      "member-left",
      "member-left",
      "phase-ended reporting",
      "round-ended abandoned",
      "round-opened",
      "task-state paused",
      "phase-ended selecting",
    ]);
  });

  it("report the end of each member once, also when it leaves while its round commits", async () => {
    const world = makeWorld();
    await world.startTask({ round: { overselection: 4 / 3 } });
    const [a, b, c, late] = world.checkIn(4);
    for (const client of [a, b, c]) client!.report();
    late!.disconnect(); // the round is being committed
    await until("the round has ended", () => a!.outcomes.length === 1);
    await quiet();
    expect(typesOf(world)).not.toContain("member-left");
    const ended = world.events.find((event) => event.type === "round-ended");
    expect(ended?.type === "round-ended" && ended.round.fates).toMatchObject({
      left: {},
      unfinished: { training: 1 },
    });
  });
});

it("the log has a line for the end of each round and for each change of a task", async () => {
  const { logger, lines } = keepingLogger();
  const world = makeWorld({ listener: logEvents(logger) });
  const task = await world.startTask({ stop: { rounds: 1 } });
  const clients = world.checkIn(3);
  for (const client of clients) client.report();
  await until("the task has ended", () => typesOf(world).at(-1) === "task-state finished");
  expect(lines.map(([level, event]) => [level, event])).toEqual([
    ["info", "task changed"],
    ["info", "task changed"],
    ["info", "round ended"],
    ["info", "task changed"],
  ]);
  expect(lines[2]![2]).toMatchObject({
    task: task.id,
    number: 1,
    outcome: "committed",
    selected: 3,
    reported: 3,
    refused: 0,
    left: 0,
    reasons: {},
  });
  expect(lines.map(([, , facts]) => facts)).toMatchObject([
    { task: task.id, state: "created" },
    { task: task.id, state: "running" },
    {},
    { task: task.id, state: "finished", reason: "rounds" },
  ]);
});

it("the log counts why the members of a round have sent no report", async () => {
  const { logger, lines } = keepingLogger();
  const world = makeWorld({ listener: logEvents(logger) });
  await world.startTask({ round: { goalCount: 6 } });
  const [liar, leaver, first, second] = world.checkIn(6);
  liar!.report({ header: { exampleCount: 0 } });
  leaver!.disconnect();
  first!.withdraw();
  second!.withdraw();
  await until("the round has ended", () => typesOf(world).includes("round-ended abandoned"));
  expect(lines.find(([, event]) => event === "round ended")?.[2]).toMatchObject({
    outcome: "abandoned",
    reason: "too-few-left",
    reasons: {
      "refused EXAMPLE_COUNT_INVALID": 1,
      "left training": 1,
      "withdrew TRAINING_FAILED": 1,
      "unfinished training": 3,
    },
  });
});
