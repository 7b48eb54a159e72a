import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  FederatedClient,
  createTrainer,
  mapTable,
  type Examples,
  type ExampleTable,
  type LocalTrainer,
  type ParticipationEvent,
} from "@tributary/client-sdk";
import {
  builtinModelOf,
  decodeCheckpoint,
  layoutOf,
  parseTask,
  planOf,
  seededRandom,
  xoshiro128,
  type TableContract,
  type TaskDefinition,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  openMemoryStore,
  silentLogger,
  startServer,
  type TributaryServer,
} from "@tributary/server";
import { openSandbox } from "./support/sandbox.ts";

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 12);
const SPECIES = ["Adelie", "Chinstrap", "Gentoo"];
const MODEL = { builtin: "mlp", inputs: 2, hidden: [], outputs: 3 } as const;

const CONTRACT = {
  features: [
    { name: "bill", type: "numeric", scaling: { method: "standard", mean: 44, deviation: 5 } },
    { name: "depth", type: "numeric", scaling: { method: "standard", mean: 17, deviation: 2 } },
  ],
  label: { name: "species", classes: SPECIES },
};

/** Bills of three kinds of birds, which a linear model tells apart: 40 of each kind. */
function birds(): ExampleTable {
  const draw = xoshiro128(random.derive("birds").bytes(16));
  const noise = (): number => draw() / 2 ** 32 - 0.5;
  const middles = [
    [38, 18.5],
    [49, 18.5],
    [47, 14.5],
  ] as const;
  const rows = Array.from({ length: 120 }, (_, index) => {
    const [bill, depth] = middles[index % 3]!;
    return [(bill + 3 * noise()).toFixed(1), (depth + noise()).toFixed(1), SPECIES[index % 3]!];
  });
  return { columns: ["bill", "depth", "species"], rows };
}

/** The table without one class; the columns of every second client are the other way round. */
function tableOf(client: number): ExampleTable {
  const { columns, rows } = birds();
  const turned = <Item>(items: readonly Item[]): readonly Item[] =>
    client % 2 === 1 ? items.toReversed() : items;
  const kept = rows.filter(([, , species]) => species !== SPECIES[client]);
  return { columns: turned(columns), rows: kept.map(turned) };
}

/** What a client makes of its table that numbers the classes by itself. */
function numberedByItself({ columns, rows }: ExampleTable): Examples {
  const label = columns.indexOf("species");
  const classNames = [...new Set(rows.map((row) => String(row[label])))].toSorted();
  const numbers = rows.map((row) => row.filter((_, column) => column !== label).map(Number));
  return {
    features: Float32Array.from(numbers.flat()),
    featureShape: [2],
    labels: Int32Array.from(rows, (row) => classNames.indexOf(String(row[label]))),
    labelShape: [],
    classNames,
    count: rows.length,
  };
}

async function openServer(): Promise<TributaryServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "tributary-contract-"));
  const server = await startServer(
    { port: 0, adminPort: 0, tls: "none", dataDir },
    { storage: openMemoryStore({ crypto }), logger: silentLogger },
  );
  onTestFinished(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return server;
}

async function startTask(
  server: TributaryServer,
  examples: object | null,
): Promise<TaskDefinition> {
  const definition = parseTask({
    population: "islands",
    name: "penguins",
    model: MODEL,
    examples,
    plan: { optimizer: { name: "sgd", learningRate: 0.3 }, update: { codec: "float32" } },
    round: { goalCount: 3, overselection: 1, minimumFraction: 1 },
    stop: { rounds: 8 },
  });
  const { description, values } = builtinModelOf(MODEL, definition, random.derive("model"));
  const { id } = await server.coordinator.createTask(definition, description, values);
  await server.coordinator.startTask(id);
  return definition;
}

/** Takes part until one of these events. */
async function takePart(
  server: TributaryServer,
  trainer: LocalTrainer,
  client: number,
  examples: Examples | ExampleTable,
  isLast: (event: ParticipationEvent) => boolean,
): Promise<ParticipationEvent> {
  const participant = new FederatedClient({
    ...{ url: server.url, serverKey: server.serverKey, population: "islands", examples, trainer },
    random: random.derive(`client ${client}`),
  });
  try {
    for await (const event of participant.participate()) if (isLast(event)) return event;
    throw new Error("The client has left without such an event");
  } finally {
    await participant.close();
  }
}

test("clients that each lack a class, and have their columns in different orders, learn all classes under a contract", async () => {
  const server = await openServer();
  const definition = await startTask(server, CONTRACT);
  const trainer = await createTrainer({ engine: "fused" });
  onTestFinished(() => trainer.dispose());
  await Promise.all(
    SPECIES.map((_, client) =>
      takePart(server, trainer, client, tableOf(client), (event) => {
        return event.type === "round-finished" && event.taskFinished;
      }),
    ),
  );
  const [task] = await server.storage.rounds.tasks();
  const rounds = await server.storage.rounds.rounds(task!.id);
  const bytes = await server.storage.checkpoints.get(rounds.at(-1)!.checkpoint!);
  const { description } = builtinModelOf(MODEL, definition, random.derive("model"));
  const plan = planOf(definition, description);
  const { examples } = await mapTable(birds(), plan.examples!);
  const weights = decodeCheckpoint(bytes!, layoutOf(description.parameters));
  const { accuracy } = await trainer.evaluate({ plan, weights, examples });
  expect(accuracy).toBe(1);
});

test("without a contract, the same clients refuse to train on classes that each has numbered by itself", async () => {
  const server = await openServer();
  await startTask(server, null);
  const trainer = await createTrainer({ engine: "fused" });
  onTestFinished(() => trainer.dispose());
  const box = await openSandbox();
  const { columns, rows } = tableOf(2);
  await box.write("birds.csv", [columns, ...rows].map((row) => row.join()).join("\n"));
  const command = box.failure([
    ...["client", "--url", server.url, "--server-key", server.serverKey],
    ...["--population", "islands", "--data", "birds.csv"],
  ]);
  const forms = [(table: ExampleTable) => table, numberedByItself];
  const left = await Promise.all(
    forms.map((form, client) =>
      takePart(server, trainer, client, form(tableOf(client)), ({ type }) => type === "withdrawn"),
    ),
  );
  expect(left.map((event) => (event.type === "withdrawn" ? event.error.code : event.type))).toEqual(
    forms.map(() => "EXAMPLES_INVALID"),
  );
  const told = await command;
  expect(told.code).toBe("EXAMPLES_INVALID");
  expect(told.remedy).toContain("tributary task contract FILE");
});

test("task statistics gives what all clients' rows together have, and the scaling and fillings that follow", async () => {
  const server = await openServer();
  const box = await openSandbox();
  const unscaled = {
    ...CONTRACT,
    features: CONTRACT.features.map(({ name, type }) => ({ name, type, whenMissing: "mean" })),
  };
  const file = await box.write(
    "task.yaml",
    JSON.stringify({
      ...{ population: "islands", name: "penguins", model: MODEL, examples: unscaled },
      round: { goalCount: 3, overselection: 1, minimumFraction: 1 },
    }),
  );
  const running = new Promise<void>((resolve) => {
    server.events.subscribe((event) => {
      if (event.type === "task-state" && event.state === "running") resolve();
    });
  });
  const counting = box.json<Counted>(["task", "statistics", file, "--admin", server.adminUrl]);
  const trainer = await createTrainer({ engine: "fused" });
  onTestFinished(() => trainer.dispose());
  await running;
  await Promise.all(
    SPECIES.map((_, client) =>
      takePart(server, trainer, client, tableOf(client), (event) => {
        return event.type === "round-finished" && event.taskFinished;
      }),
    ),
  );
  const { task, rows, statistics, examples } = await counting;
  expect(rows).toBe(240);
  // Each row is in the tables of two clients, so that the statistics are those of the whole table.
  const columns = [0, 1].map((column) => birds().rows.map((row) => Number(row[column])));
  const mean = (numbers: readonly number[]): number =>
    numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  columns.forEach((numbers, index) => {
    const deviation = Math.sqrt(mean(numbers.map((number) => (number - mean(numbers)) ** 2)));
    expect(statistics[index]).toMatchObject({
      ...{ present: rows, missing: 0 },
      mean: expect.closeTo(mean(numbers), 5) as number,
      deviation: expect.closeTo(deviation, 5) as number,
    });
    expect(examples.features[index]).toMatchObject({
      whenMissing: { fill: expect.closeTo(mean(numbers), 5) as number },
      scaling: {
        method: "standard",
        mean: expect.closeTo(mean(numbers), 5) as number,
        deviation: expect.closeTo(deviation, 5) as number,
      },
    });
  });
  expect(statistics[2]).toMatchObject({
    counts: SPECIES.map((word) => ({ word, count: rows / 3 })),
  });

  const shown = await box.run(["task", "show", task, "--admin", server.adminUrl]);
  expect(shown.stdout).toContain("Adelie 80, Chinstrap 80, Gentoo 80, missing 0");
});

interface Counted {
  readonly task: string;
  readonly rows: number;
  readonly statistics: readonly object[];
  readonly examples: TableContract;
}
