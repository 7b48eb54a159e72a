import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { FederatedClient, type LocalTrainer } from "@tributary/client-sdk";
import {
  builtinModel,
  decodeCheckpoint,
  layoutOf,
  parseTask,
  type Limits,
  type RoundId,
  type TaskId,
} from "@tributary/protocol";
import {
  openMemoryStore,
  silentLogger,
  startServer,
  type Clock,
  type ServerEvent,
  type RoundRecord,
  type TributaryServer,
} from "@tributary/server";
import type { Configuration } from "@tributary/protocol/testing";
import { HostileClient, crypto, honestUpdate, random } from "./hostile-client.ts";

const HONEST_CLIENTS = 2;

/**
 * A server as it was built, with honest clients that go through round after round as long as the
 * test lasts.
 */
export interface HostileWorld {
  readonly server: TributaryServer;
  /**
   * Waits for so many more rounds of the honest clients to be committed, each with a report of
   * every honest client.
   */
  honestRounds(count: number): Promise<void>;
  /** A client that is connected and has sent nothing. */
  connect(options?: Parameters<typeof HostileClient.connect>[2]): Promise<HostileClient>;
  /** A client that has completed handshake and greeting. */
  greet(options?: Parameters<typeof HostileClient.connect>[2]): Promise<HostileClient>;
  /** Starts a task in a population that the honest clients are not in. */
  startTask(
    population: string,
    round?: Readonly<Record<string, number>>,
    task?: TaskChanges,
  ): Promise<TaskId>;
  /**
   * Puts an attacker and a well-behaved partner into a round of their own.
   * @param offered - How many examples the attacker offers at check-in.
   */
  pair(task?: TaskChanges, offered?: number): Promise<Pair>;
  /**
   * The value of one sample of the server's metrics, such as `tributary_connections` or
   * `name{label="x"}`; 0 if there is none.
   */
  metric(sample: string): Promise<number>;
  /** Waits until a sample has reached `least`. */
  reaches(sample: string, least: number): Promise<void>;
}

/** What a test's task has that other tasks of these tests do not have. */
export interface TaskChanges {
  readonly plan?: object;
  readonly stop?: object;
}

export interface Pair {
  readonly attacker: HostileClient;
  readonly configuration: Configuration;
  readonly partner: HostileClient;
  /**
   * The partner reports, and the round must be committed with this number of reports.
   * @returns The record of the round.
   */
  finish(reports: number): Promise<RoundRecord>;
  /** What the round has added to each parameter of the model. */
  step(record: RoundRecord): Promise<Float32Array>;
}

export interface HostileWorldOptions {
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  /**
   * An honest client waits for this before it reports. Without it, the honest clients run rounds as
   * fast as they can, in the process of the test.
   */
  readonly pace?: () => Promise<void>;
}

export async function openWorld(options: HostileWorldOptions = {}): Promise<HostileWorld> {
  const folder = await mkdtemp(join(tmpdir(), "tributary-hostile-"));
  const server = await startServer(
    {
      ...{ port: 0, adminPort: 0, tls: "none", dataDir: folder, minimumCohort: 1 },
      limits: options.limits ?? {},
    },
    {
      storage: openMemoryStore({ crypto }),
      logger: silentLogger,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    },
  );
  const stopping = new AbortController();
  const honest: Promise<void>[] = [];
  onTestFinished(async () => {
    stopping.abort();
    await Promise.all(honest);
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const startTask: HostileWorld["startTask"] = async (population, round = {}, task = {}) => {
    const definition = parseTask({
      population,
      name: population,
      model: { builtin: "logistic-regression" },
      plan: {
        batchSize: 10,
        loss: "categoricalCrossentropy",
        metrics: [],
        update: { codec: "float32" },
        ...task.plan,
      },
      round: { goalCount: 1, overselection: 1, minimumFraction: 0.5, ...round },
      eligibility: { minimumExamples: 1 },
      publicModel: true,
      stop: { rounds: 1_000_000, ...task.stop },
    });
    const { description, values } = builtinModel("logistic-regression", random.derive("model"));
    const created = await server.coordinator.createTask(definition, description, values);
    await server.coordinator.startTask(created.id);
    return created.id;
  };

  const honestTask = await startTask("honest", {
    goalCount: HONEST_CLIENTS,
    minimumFraction: 1,
  });
  for (let client = 0; client < HONEST_CLIENTS; client++) {
    honest.push(takePart(server, stopping.signal, trainerWith(options.pace)));
  }

  const metric: HostileWorld["metric"] = async (sample) => {
    const text = await (await fetch(new URL("/metrics", server.adminUrl))).text();
    const line = text.split("\n").find((one) => one.startsWith(`${sample} `));
    return line === undefined ? 0 : Number(line.slice(sample.length + 1));
  };
  const connect: HostileWorld["connect"] = (how) =>
    HostileClient.connect(server.url, server.serverKey, how);
  const greet: HostileWorld["greet"] = async (how) => (await connect(how)).greet();

  return {
    server,
    connect,
    greet,
    startTask,
    metric,
    async reaches(sample, least) {
      while ((await metric(sample)) < least) await new Promise((resolve) => setImmediate(resolve));
    },
    async honestRounds(count) {
      let left = count;
      await new Promise<void>((resolve, reject) => {
        const listen = (event: ServerEvent): void => {
          if (event.type !== "round-ended" || event.round.taskId !== honestTask) return;
          const { outcome, reported, reason } = event.round;
          if (outcome === "committed" && reported === HONEST_CLIENTS) left -= 1;
          else reject(new Error(`An honest round was ${outcome}: ${reason}, ${reported} reports`));
          if (left > 0) return;
          unsubscribe();
          resolve();
        };
        const unsubscribe = server.events.subscribe(listen);
      });
    },
    async pair(task, offered = 10) {
      const population = `pair-${random.bytes(4).join("-")}`;
      const round = { goalCount: 2, reportingTimeoutMs: 60_000 };
      const taskId = await startTask(population, round, task);
      const [attacker, partner] = [await greet(), await greet()];
      const [configuration, theirs] = await Promise.all([
        attacker.joinRound(population, { exampleCount: offered }),
        partner.joinRound(population),
      ]);
      return {
        attacker,
        configuration,
        partner,
        async finish(reports) {
          const result = await partner.report(theirs, honestUpdate);
          assert.equal(result.refused, undefined);
          const { outcome } = await partner.expect("roundOutcome");
          assert.ok("committed" in outcome, JSON.stringify(outcome));
          return recordOf(server, theirs.roundId, { reports, taskId });
        },
        async step({ checkpoint }) {
          const { description, values } = builtinModel(
            "logistic-regression",
            random.derive("model"),
          );
          const bytes = await server.storage.checkpoints.get(checkpoint!);
          const weights = decodeCheckpoint(bytes!, layoutOf(description.parameters));
          return weights.map((weight, i) => weight - values[i]!);
        },
      };
    },
  };
}

/** The record of a round. It must have this number of reports and a finite checkpoint. */
async function recordOf(
  server: TributaryServer,
  roundId: RoundId,
  expected: { readonly reports: number; readonly taskId: string },
): Promise<RoundRecord> {
  const record = await server.storage.rounds.round(roundId);
  assert.ok(record !== undefined && record.checkpoint !== null);
  assert.equal(record.taskId, expected.taskId);
  assert.equal(record.reported, expected.reports);
  const bytes = await server.storage.checkpoints.get(record.checkpoint);
  assert.ok(bytes !== undefined);
  const { description } = builtinModel("logistic-regression", random);
  decodeCheckpoint(bytes, layoutOf(description.parameters)); // throws if a value is not finite
  return record;
}

/** A trainer that costs next to nothing: it moves every weight a little. */
const trainerWith = (pace: HostileWorldOptions["pace"]): LocalTrainer => ({
  async train({ weights, examples }) {
    await pace?.();
    return {
      weights: weights.map((weight) => weight + 1e-4),
      metrics: { loss: 0.5 },
      steps: 1,
      exampleCount: examples.count,
    };
  },
  evaluate: () => Promise.resolve({}),
  predict: () => Promise.resolve(new Float32Array(0)),
  dispose() {},
});

async function takePart(
  server: TributaryServer,
  signal: AbortSignal,
  trainer: LocalTrainer,
): Promise<void> {
  const client = new FederatedClient({
    url: server.url,
    serverKey: server.serverKey,
    population: "honest",
    examples: {
      features: new Float32Array(784),
      featureShape: [784],
      labels: new Int32Array(1),
      labelShape: [],
      count: 1,
    },
    trainer,
    floors: { minimumCohort: 1 },
  });
  try {
    for await (const event of client.participate({ signal })) {
      if (event.type === "withdrawn") throw event.error;
    }
  } finally {
    await client.close();
  }
}
