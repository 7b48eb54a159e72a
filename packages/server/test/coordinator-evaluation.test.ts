import { describe, expect, it } from "vitest";
import { taskId } from "@tributary/protocol";
import type { RoundRecord } from "../src/storage/round-store.ts";
import {
  makeWorld,
  quiet,
  until,
  type MemoryParticipant,
  type World,
} from "./coordinator-world.ts";

/** Checks clients in that have three held-out examples. */
function checkInHolding(world: World, count: number, prefix: string): MemoryParticipant[] {
  return Array.from({ length: count }, (_, index) => {
    const client = world.client(`${prefix}-${index}`);
    client.checkIn({ heldOutCount: 3 });
    return client;
  });
}

function reportMetrics(client: MemoryParticipant, accuracy: number): void {
  client.begin({
    payload: new Uint8Array(0),
    header: {
      codec: "",
      exampleCount: 3,
      metrics: [
        { name: "accuracy", value: accuracy },
        { name: "loss", value: 1 - accuracy },
      ],
    },
  });
}

async function train(world: World, clients: readonly MemoryParticipant[]): Promise<void> {
  await until("the cohort is seated", () => clients.every((client) => client.isSeated));
  const ends = clients.map((client) => client.outcomes.length);
  for (const client of clients) client.report();
  await until("the round ended", () =>
    clients.every((client, index) => client.outcomes.length > ends[index]!),
  );
  await quiet();
}

const kinds = (records: readonly RoundRecord[]): string[] =>
  records.map(({ kind, number, outcome }) => `${kind} ${number} ${outcome}`);

describe("an evaluation", () => {
  it("follows its round, asks clients with held-out examples, and averages their metrics", async () => {
    const world = makeWorld();
    const task = await world.startTask({ evaluation: { judgedBy: "clients", everyRounds: 1 } });
    await train(world, world.checkIn(3));

    const plain = world.client("plain");
    plain.checkIn();
    expect(plain.isSeated).toBe(false);
    const holders = checkInHolding(world, 3, "holder");
    for (const { configuration } of holders) {
      expect(configuration).toMatchObject({ purpose: "evaluation", roundNumber: 1 });
    }
    const weights = await world.weights(task);
    expect(holders[0]!.receivedWeights()).toEqual(weights);
    holders.forEach((client, index) => reportMetrics(client, 0.2 + 0.1 * index));
    await until("the evaluation ended", () => holders.every((each) => each.outcomes.length === 1));
    await quiet();

    const [training, evaluation] = await world.rounds(task);
    expect(kinds([training!, evaluation!])).toEqual([
      "training 1 committed",
      "evaluation 1 committed",
    ]);
    expect(evaluation).toMatchObject({
      baseCheckpoint: training!.checkpoint,
      checkpoint: null,
      selected: 3,
      reported: 3,
      exampleCount: 9,
    });
    expect(evaluation!.metrics["accuracy"]).toBeCloseTo(0.3, 6);
    const { roundNumber, metrics } = holders[0]!.outcomes[0]!.score!;
    expect(roundNumber).toBe(1);
    expect(metrics).toContainEqual({ name: "accuracy", value: evaluation!.metrics["accuracy"] });
    expect(holders[0]!.outcomes[0]!.outcome).toMatchObject({
      committed: { id: training!.checkpoint },
    });
    // The model has not changed, and the next round is the second.
    expect(await world.weights(task)).toEqual(weights);
    expect(await world.coordinator.best(task)).toMatchObject({
      roundNumber: 1,
      checkpoint: training!.checkpoint,
      measure: "accuracy",
    });
    await train(world, [plain, ...world.checkIn(2, "more")]);
    expect(plain.configuration).toMatchObject({ purpose: "training", roundNumber: 2 });
  });

  it("is abandoned when too few clients with held-out examples come, and training goes on", async () => {
    const world = makeWorld();
    const task = await world.startTask({ evaluation: { everyRounds: 1 } });
    await train(world, world.checkIn(3));
    const waiting = world.checkIn(3, "waiting");
    expect(waiting.some((client) => client.isSeated)).toBe(false);
    world.clock.advance(1_000);
    await train(world, waiting);
    const rounds = await world.rounds(task);
    expect(kinds(rounds).slice(0, 3)).toEqual([
      "training 1 committed",
      "evaluation 1 abandoned",
      "training 2 committed",
    ]);
    expect(rounds[1]).toMatchObject({ reason: "too-few-came", selected: 0 });
  });

  it("refuses reports with an update, and reports with metrics that are not the plan's", async () => {
    const world = makeWorld();
    await world.startTask({ evaluation: { everyRounds: 1 }, round: { minimumFraction: 0.1 } });
    await train(world, world.checkIn(3));
    const [bringsUpdate, bringsWord, ...others] = checkInHolding(world, 3, "holder");
    expect(bringsUpdate!.attempt()).toBe("UPDATE_MALFORMED");
    const withoutName = { header: { codec: "", exampleCount: 3 } };
    expect(others[0]!.attempt(withoutName)).toBe("UPDATE_SHAPE");
    const nan = { codec: "", exampleCount: 3, metrics: [{ name: "accuracy", value: Number.NaN }] };
    expect(bringsWord!.attempt({ payload: new Uint8Array(0), header: nan })).toBe(
      "METRICS_INVALID",
    );
  });

  it("ends the task when the clients' measurement reaches the target", async () => {
    const world = makeWorld();
    const task = await world.startTask({
      evaluation: { judgedBy: "clients", everyRounds: 1 },
      stop: { rounds: 50, targetMetric: { name: "accuracy", atLeast: 0.9 } },
    });
    await train(world, world.checkIn(3));
    const holders = checkInHolding(world, 3, "holder");
    for (const client of holders) reportMetrics(client, 0.95);
    await until("the evaluation ended", () => holders.every((each) => each.outcomes.length === 1));
    expect(holders[0]!.outcomes[0]!.taskFinished).toBe(true);
    expect(await world.storage.rounds.task(task.id)).toMatchObject({
      state: "finished",
      endReason: "target",
    });
  });

  it("measures an old checkpoint when an operator asks for it", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    await train(world, world.checkIn(3));
    await world.coordinator.requestEvaluation(task.id, 0);
    const holders = checkInHolding(world, 3, "holder");
    await quiet();
    expect(holders[0]!.configuration).toMatchObject({ purpose: "evaluation", roundNumber: 0 });
    expect(holders[0]!.receivedWeights()).toEqual([0.5, -1, 2, 0, 0.25]);
    for (const client of holders) reportMetrics(client, 0.1);
    await until("the evaluation ended", () => holders.every((each) => each.outcomes.length === 1));
    await quiet();
    expect(kinds(await world.rounds(task))).toEqual([
      "evaluation 0 committed",
      "training 1 committed",
    ]);
    await train(world, world.checkIn(3, "again"));
    await expect(world.coordinator.requestEvaluation(task.id, 9)).rejects.toMatchObject({
      code: "CHECKPOINT_UNKNOWN",
    });
  });
});

describe("a measurement of the operator", () => {
  it("is recorded, decides which checkpoint is best, and may end a task that waits for clients", async () => {
    const world = makeWorld();
    const task = await world.startTask({
      evaluation: { judgedBy: "operator" },
      stop: { rounds: 50, targetMetric: { name: "accuracy", atLeast: 0.9 } },
    });
    await train(world, world.checkIn(3));
    await train(world, world.checkIn(3, "second"));
    const measure = (roundNumber: number, accuracy: number): Promise<RoundRecord> =>
      world.coordinator.recordEvaluation(task.id, {
        roundNumber,
        exampleCount: 1_000,
        metrics: { accuracy, loss: 0.5 },
      });
    await measure(1, 0.8);
    await measure(2, 0.7);
    expect(await world.coordinator.best(task)).toMatchObject({ roundNumber: 1, value: 0.8 });
    const waiting = world.client("waiting");
    waiting.checkIn();
    await measure(2, 0.91);
    await until("the task finished", () => waiting.told.at(-1)?.type === "rejected");
    await quiet();
    expect(await world.storage.rounds.task(task.id)).toMatchObject({
      state: "finished",
      endReason: "target",
    });
  });

  it("is refused when its metrics are not the plan's, or its checkpoint does not exist", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const measure = (roundNumber: number, metrics: Record<string, number>) =>
      world.coordinator.recordEvaluation(task.id, { roundNumber, exampleCount: 1, metrics });
    await expect(measure(0, { accuracy: 1 })).rejects.toMatchObject({ code: "METRICS_INVALID" });
    await expect(measure(0, { accuracy: Number.NaN, loss: 1 })).rejects.toMatchObject({
      code: "METRICS_INVALID",
    });
    await expect(measure(1, { accuracy: 1, loss: 1 })).rejects.toMatchObject({
      code: "CHECKPOINT_UNKNOWN",
    });
    await expect(
      world.coordinator.recordEvaluation(taskId("task_00000000000000000000000000000000"), {
        roundNumber: 0,
        exampleCount: 1,
        metrics: {},
      }),
    ).rejects.toMatchObject({ code: "TASK_UNKNOWN" });
  });
});

describe("a rollback", () => {
  it("abandons the round in flight and goes on from the old checkpoint with the next number", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    await train(world, world.checkIn(3));
    const first = await world.weights(task);
    await train(world, world.checkIn(3, "second"));
    const members = world.checkIn(3, "third");
    expect(members.every((client) => client.isSeated)).toBe(true);

    const rolled = await world.coordinator.rollBackTask(task.id, 1);
    expect(rolled.state).toBe("running");
    expect(members[0]!.outcomes[0]!.outcome).toEqual({ abandoned: "rolled-back" });
    expect(await world.weights(task)).toEqual(first);

    const next = world.checkIn(3, "next");
    expect(next[0]!.configuration).toMatchObject({ roundNumber: 4 });
    expect(next[0]!.receivedWeights()).toEqual(first);
    await train(world, next);
    const all = await world.rounds(task);
    expect(kinds(all).sort()).toEqual([
      "rollback 3 committed",
      "training 1 committed",
      "training 2 committed",
      "training 3 abandoned",
      "training 4 committed",
    ]);
    const rounds = all.filter(({ outcome }) => outcome === "committed");
    expect(rounds[2]).toMatchObject({
      baseCheckpoint: rounds[1]!.checkpoint,
      checkpoint: rounds[0]!.checkpoint,
      reason: "back to round 1",
    });
    expect(rounds[3]!.baseCheckpoint).toBe(rounds[0]!.checkpoint);
  });

  it("survives a restart, and does not start a task that is not running", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    await train(world, world.checkIn(3));
    await world.coordinator.pauseTask(task.id);
    await quiet();
    await world.coordinator.rollBackTask(task.id, 0);
    expect(await world.storage.rounds.task(task.id)).toMatchObject({ state: "paused" });
    expect(world.client("late").told).toEqual([]);

    const restarted = makeWorld({ storage: world.storage, seed: 2 });
    await restarted.coordinator.startTask(task.id);
    const clients = restarted.checkIn(3, "restarted");
    expect(clients[0]!.configuration).toMatchObject({ roundNumber: 3 });
    expect(clients[0]!.receivedWeights()).toEqual([0.5, -1, 2, 0, 0.25]);
  });

  it("to a round without a checkpoint is refused and stops nothing", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const members = world.checkIn(3);
    await expect(world.coordinator.rollBackTask(task.id, 7)).rejects.toMatchObject({
      code: "CHECKPOINT_UNKNOWN",
    });
    await train(world, members);
    expect(kinds(await world.rounds(task))).toEqual(["training 1 committed"]);
  });
});
