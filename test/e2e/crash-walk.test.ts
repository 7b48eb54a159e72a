// A server is killed with SIGKILL at every step of a round, and started again on the same store. Its clients live on
// in this process and come back by themselves.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FederatedClient, type LocalTrainer, type TrainResult } from "@tributary/client-sdk";
import { startPostgres, type PostgresServer } from "../../packages/server/test/postgres-server.ts";
import { MortalServer, type StoreContent } from "./support/mortal-server.ts";
import { Relay } from "./support/relay.ts";
import { Sandbox } from "./support/sandbox.ts";

/** Powers of two: from a sum one can read who is in it, and how often. */
const EXAMPLE_COUNTS = [1, 2, 4];
const ALL_EXAMPLES = 7;

/** An update is several chunks; every client is needed, so that a step happens in each round exactly once. */
const TASK = {
  population: "writers",
  name: "walk",
  model: { builtin: "mlp-64" },
  plan: { metrics: [], update: { codec: "float32" } },
  serverOptimizer: { name: "fedavgm", momentum: 0.5 },
  round: {
    goalCount: 3,
    overselection: 1,
    minimumFraction: 1,
    selectionTimeoutMs: 60_000,
    reportingTimeoutMs: 60_000,
  },
};
/** About half of an update. */
const MIDWAY_BYTES = 100_000;

/**
 * What a bias, 0 at first, has become after so many rounds in each of which it was to grow by 1. It says how many rounds
 * have been counted, and that each has begun with the velocity that the one before it left.
 */
function valueAfter(rounds: number): number {
  let [value, velocity] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    velocity = Math.fround(0.5 * velocity + 1);
    value = Math.fround(value + velocity);
  }
  return value;
}

/**
 * Adds 1 to every parameter instead of training. It waits until it may: a test says how many rounds there are to be.
 */
class CountingTrainer implements LocalTrainer {
  beforeReport: () => void = () => {};
  #allowed = 0;
  #waiting = new Set<() => void>();

  allow(rounds: number): void {
    this.#allowed = rounds;
    for (const look of this.#waiting) look();
  }

  async train(request: Parameters<LocalTrainer["train"]>[0]): Promise<TrainResult> {
    const { signal } = request;
    const weights = request.weights.map((value) => value + 1);
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const isAllowed = request.weights.at(-1)! < valueAfter(this.#allowed);
        if (!isAllowed && signal?.aborted !== true) return;
        this.#waiting.delete(look);
        signal?.removeEventListener("abort", look);
        if (isAllowed) resolve();
        else reject(new Error("The training was stopped"));
      };
      this.#waiting.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
    this.beforeReport();
    return { weights, metrics: { loss: 0 }, steps: 1, exampleCount: request.examples.count };
  }

  evaluate(): Promise<Record<string, number>> {
    return Promise.resolve({ loss: 0 });
  }

  predict(): Promise<Float32Array> {
    return Promise.resolve(new Float32Array(0));
  }

  dispose(): void {}
}

/** A server that may die, and three clients that do not. */
class World {
  server!: MortalServer;
  readonly trainers = EXAMPLE_COUNTS.map(() => new CountingTrainer());
  readonly clients: FederatedClient[] = [];
  /** What ended a client's participation: nothing should. */
  readonly complaints: unknown[] = [];
  readonly box: Sandbox;
  readonly relays: readonly Relay[];
  readonly databaseUrl: string | undefined;

  private constructor(box: Sandbox, relays: readonly Relay[], databaseUrl: string | undefined) {
    this.box = box;
    this.relays = relays;
    this.databaseUrl = databaseUrl;
  }

  static async open(databaseUrl?: string): Promise<World> {
    const relays = await Promise.all(EXAMPLE_COUNTS.map(() => Relay.open()));
    const world = new World(await Sandbox.open(), relays, databaseUrl);
    const serverKey = await world.start();
    await world.server.createTask(TASK);
    world.clients.push(...EXAMPLE_COUNTS.map((count, i) => world.#client(i, count, serverKey)));
    for (const client of world.clients) void world.#participate(client);
    return world;
  }

  /** Starts the server on what there is, and leads the clients to it. */
  async start(): Promise<string> {
    const { databaseUrl } = this;
    for (const relay of this.relays) relay.hold();
    const { server, url, serverKey } = await MortalServer.start({
      dataDir: this.box.path("data"),
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    });
    this.server = server;
    for (const relay of this.relays) relay.leadTo(url);
    return serverKey;
  }

  /** Lets the clients train for rounds up to this one. */
  allow(rounds: number): void {
    for (const trainer of this.trainers) trainer.allow(rounds);
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    this.server?.kill();
    await this.server?.gone();
    await Promise.all(this.relays.map((relay) => relay.close()));
    await this.box.close();
  }

  #client(index: number, count: number, serverKey: string): FederatedClient {
    return new FederatedClient({
      url: this.relays[index]!.url,
      population: TASK.population,
      serverKey,
      trainer: this.trainers[index]!,
      examples: {
        features: new Float32Array(count * 784),
        featureShape: [784],
        labels: new Int32Array(count),
        labelShape: [],
        count,
      },
    });
  }

  async #participate(client: FederatedClient): Promise<void> {
    try {
      for await (const event of client.participate()) {
        // A server that has died keeps no seats for the members that come back to it.
        const isSeatLost = event.type === "withdrawn" && event.error.code === "ROUND_CLOSED";
        if (event.type === "withdrawn" && !isSeatLost) this.complaints.push(event.error);
      }
    } catch (error) {
      this.complaints.push(error);
    }
  }
}

/** That the store holds rounds 1 to `committed`, each counted once and whole, and nothing of any other. */
function checkStore(store: StoreContent, committed: number): void {
  const rounds = store.rounds.filter(({ outcome }) => outcome === "committed");
  expect(rounds.map(({ number }) => number)).toEqual(
    Array.from({ length: committed }, (_, i) => i + 1),
  );
  for (const { reported, exampleCount } of rounds) {
    expect([reported, exampleCount]).toEqual([EXAMPLE_COUNTS.length, ALL_EXAMPLES]);
  }
  // Each made of the one before it; the first of the initial model.
  expect(store.checkpoints.map(({ roundNumber, lastValue }) => [roundNumber, lastValue])).toEqual(
    Array.from({ length: committed + 1 }, (_, i) => [i, valueAfter(i)]),
  );
  const ids = store.checkpoints.map(({ id }) => id);
  expect(rounds.map(({ baseCheckpoint }) => baseCheckpoint)).toEqual(ids.slice(0, -1));
  expect(rounds.map(({ checkpoint }) => checkpoint)).toEqual(ids.slice(1));
}

const committedIn = ({ rounds }: StoreContent): number =>
  rounds.filter(({ outcome }) => outcome === "committed").length;

/** Of the embedded store; with a server, files there are none, and the transaction can be held up instead. */
const FILE_WITHOUT_ROUND = "when the checkpoint's file is there and its round is not";

/** Steps before the round is stored, and steps after. */
const STEPS: readonly { readonly step: string; readonly isStored: boolean }[] = [
  { step: "while clients are selected", isStored: false },
  { step: "while the cohort is configured", isStored: false },
  { step: "in the middle of an upload", isStored: false },
  { step: "after the first report", isStored: false },
  { step: "when all have reported", isStored: false },
  { step: "before anything is written", isStored: false },
  { step: FILE_WITHOUT_ROUND, isStored: false },
  { step: "in the middle of the transaction", isStored: false },
  { step: "right after the transaction", isStored: true },
  { step: "before the round is announced", isStored: true },
  { step: "when the round has been announced", isStored: true },
];

for (const place of ["PGlite and files", "Postgres"] as const) {
  const isEmbedded = place === "PGlite and files";
  describe(`a server that is killed, on ${place}`, () => {
    let postgres: PostgresServer | undefined;
    let world: World;
    beforeAll(async () => {
      postgres = isEmbedded ? undefined : await startPostgres();
      world = await World.open(await postgres?.createDatabase());
    });
    afterAll(async () => {
      await world?.close();
      await postgres?.stop();
    });

    const elsewhere = isEmbedded ? "in the middle of the transaction" : FILE_WITHOUT_ROUND;
    for (const { step, isStored } of STEPS.filter((each) => each.step !== elsewhere)) {
      test(`${step}, goes on from the last committed round`, async () => {
        const before = committedIn(await world.server.read());
        let died: number;
        if (step === "in the middle of an upload") died = await dieInUpload(world, before + 1);
        else if (step === "in the middle of the transaction") {
          died = await dieInTransaction(world, postgres, before + 1);
        } else {
          world.server.dieAt(step);
          world.allow(before + 1);
          const last = await world.server.hear((line) => line.died);
          expect(last.step).toBe(step);
          died = last.roundNumber;
        }
        expect(await world.server.gone()).toBe("SIGKILL");

        const committed = isStored ? died : died - 1;
        await world.start();
        checkStore(await world.server.read(), committed);

        // The clients come back by themselves, and the round is run again from where it began.
        world.allow(committed + 1);
        const next = await world.server.hear(({ ended }) =>
          ended?.outcome === "committed" ? ended.roundNumber : undefined,
        );
        expect(next).toBe(committed + 1);
        checkStore(await world.server.read(), committed + 1);
        expect(world.complaints).toEqual([]);
      });
    }

    test("loses nothing when it is stopped in good order either", async () => {
      const store = await world.server.read();
      await world.server.stop();
      await world.start();
      const committed = committedIn(store);
      checkStore(await world.server.read(), committed);
      world.allow(committed + 1);
      await world.server.hear(({ ended }) => ended);
      checkStore(await world.server.read(), committed + 1);
    });
  });
}

/** Kills the server when about half of one client's report has come to it. */
async function dieInUpload(world: World, round: number): Promise<number> {
  const { server } = world;
  const [trainer] = world.trainers;
  assert.ok(trainer !== undefined);
  await new Promise<void>((resolve) => {
    trainer.beforeReport = () => world.relays[0]!.afterBytes(MIDWAY_BYTES, resolve);
    world.allow(round);
  });
  trainer.beforeReport = () => {};
  server.kill();
  return round;
}

/** Kills the server when its transaction has written the round and the checkpoint's bytes and is not committed. */
async function dieInTransaction(
  world: World,
  postgres: PostgresServer | undefined,
  round: number,
): Promise<number> {
  assert.ok(postgres !== undefined && world.databaseUrl !== undefined);
  const database = new URL(world.databaseUrl).pathname.slice(1);
  const query = (text: string) => postgres.query(text, database);
  await query(`create function tributary.hold() returns trigger language plpgsql
    as $$ begin perform pg_sleep(600); return new; end $$`);
  await query(`create trigger hold before insert on tributary.checkpoints
    for each row execute function tributary.hold()`);
  world.allow(round);
  const held = `select pid from pg_stat_activity where datname = '${database}' and wait_event = 'PgSleep'`;
  let holders: Record<string, unknown>[] = [];
  while (holders.length === 0) holders = await query(held);
  world.server.kill();
  await world.server.gone();
  // Postgres would notice by itself that nobody waits for the answer, though not before the sleep ends.
  await query(`select pg_terminate_backend(pid) from (${held}) as holders`);
  await query("drop function tributary.hold() cascade");
  return round;
}
