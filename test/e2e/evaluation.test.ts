import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";
import { startServer, type RoundLine, type TaskLine } from "./support/server.ts";

const HERE = ["--data-dir", "server"];

interface Judged extends TaskLine {
  readonly endReason: string | null;
  readonly best: { readonly roundNumber: number; readonly checkpoint: string } | null;
}

interface HistoryLine extends RoundLine {
  readonly kind: string;
  readonly exampleCount: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly metricDetail: { readonly confusion?: readonly (readonly number[])[] };
}

/** Learns x > y from points of the plane; clients judge it after each round. */
const TASK = `
  population: plane
  name: halves
  model: { path: ./model.json }
  plan: { metrics: [accuracy, f1, auc, perplexity], batchSize: 8, optimizer: { name: sgd, learningRate: 0.5 }, update: { codec: float32 } }
  round: { goalCount: 2, overselection: 1, minimumFraction: 1 }
  evaluation: { judgedBy: clients, everyRounds: 1 }
  stop: { rounds: 2 }
`;

/** Two inputs, two classes, all weights zero, as tfjs writes it. */
function modelJson(): string {
  const dense = {
    class_name: "Dense",
    config: {
      name: "dense",
      units: 2,
      activation: "softmax",
      use_bias: true,
      batch_input_shape: [null, 2],
      dtype: "float32",
    },
  };
  return JSON.stringify({
    format: "layers-model",
    modelTopology: { class_name: "Sequential", config: { name: "halves", layers: [dense] } },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: [
          { name: "dense/kernel", shape: [2, 2], dtype: "float32" },
          { name: "dense/bias", shape: [2], dtype: "float32" },
        ],
      },
    ],
  });
}

function csv(rows: number): string {
  const points = Array.from({ length: rows }, (_, index) => {
    const x = ((index * 37) % 101) / 101;
    const y = ((index * 53 + 11) % 97) / 97;
    return `${x},${y},${x > y ? "right" : "left"}`;
  });
  return ["x,y,side", ...points].join("\n");
}

async function writeTask(box: Sandbox): Promise<string> {
  await box.write("model.json", modelJson());
  await box.write("weights.bin", new Uint8Array(6 * 4));
  await box.write("points.csv", csv(200));
  return box.write("task.yaml", TASK);
}

interface Measured {
  readonly metricDetail: { readonly classes?: readonly { readonly support: number }[] };
}

test("clients judge each checkpoint on held-out examples, the operator measures it too, and goes back to the best", async () => {
  const box = await openSandbox();
  await startServer(box);
  const { id } = await box.json<TaskLine>([
    ...["task", "create", await writeTask(box), "--start", ...HERE],
  ]);
  const clients = [1, 2].map((part) =>
    box.start([
      ...["client", "--population", "plane", "--data", "points.csv", "--part", `${part}/2`],
      // Without a data contract, both must be told the same names of classes.
      ...["--classes", "left,right"],
      ...["--hold-out", "0.25", "--seed", String(part), ...HERE],
    ]),
  );
  await Promise.all(
    clients.map((client) => client.heard(/evaluates the checkpoint of round 2 of "halves"/)),
  );
  await Promise.all(clients.map((client) => client.heard(/No task is running/)));
  await Promise.all(clients.map((client) => client.stop("SIGINT")));

  const { rounds } = await box.json<{ rounds: HistoryLine[] }>(["round", "list", ...HERE]);
  expect(rounds.map(({ kind, number, outcome }) => `${kind} ${number} ${outcome}`)).toEqual([
    "training 1 committed",
    "evaluation 1 committed",
    "training 2 committed",
    "evaluation 2 committed",
  ]);
  const [training, evaluation] = rounds;
  // Each of two clients has half of the 200 rows and holds 25 out.
  expect(training?.exampleCount).toBe(150);
  expect(evaluation?.exampleCount).toBe(50);
  // Sums over both clients: each answer is counted once, and accuracy is the diagonal's share.
  const confusion = evaluation?.metricDetail.confusion ?? [];
  expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(50);
  const right = (confusion[0]?.[0] ?? 0) + (confusion[1]?.[1] ?? 0);
  expect(evaluation?.metrics["accuracy"]).toBeCloseTo(right / 50, 12);
  expect(Object.keys(evaluation?.metrics ?? {})).toEqual([
    ...["loss", "accuracy", "f1", "auc", "perplexity"],
  ]);
  expect(evaluation?.metrics["perplexity"]).toBeCloseTo(Math.exp(evaluation!.metrics["loss"]!), 5);
  expect(evaluation?.checkpoint).toBeNull();
  expect(evaluation?.baseCheckpoint).toBe(training?.checkpoint);

  const judged = await box.json<Judged>(["task", "show", id, ...HERE]);
  expect(judged).toMatchObject({ state: "finished", endReason: "rounds" });
  const best = rounds
    .filter(({ kind }) => kind === "evaluation")
    .reduce((a, b) => ((b.metrics["accuracy"] ?? 0) > (a.metrics["accuracy"] ?? 0) ? b : a));
  expect(judged.best).toMatchObject({
    roundNumber: best.number,
    checkpoint: best.baseCheckpoint,
  });

  const measured = await box.json<{ evaluations: Measured[] }>([
    "model",
    "evaluate",
    "--data",
    "points.csv",
    "--classes",
    "left,right",
    "--round",
    "1",
    ...HERE,
  ]);
  expect(measured.evaluations).toMatchObject([{ roundNumber: 1, exampleCount: 200 }]);
  const { classes = [] } = measured.evaluations[0]?.metricDetail ?? {};
  expect(classes.map(({ support }) => support).reduce((sum, one) => sum + one, 0)).toBe(200);
  const after = await box.json<{ rounds: HistoryLine[] }>(["round", "list", ...HERE]);
  expect(after.rounds.map(({ kind }) => kind)).toContain("operator-evaluation");

  await box.json(["task", "rollback", id, "--to", "best", ...HERE]);
  await box.json(["model", "export", "--out", "newest", "--format", "float32", ...HERE]);
  await box.json(["model", "export", "--out", "best", "--best", "--format", "float32", ...HERE]);
  const bytes = (folder: string): Promise<Buffer> =>
    readFile(join(box.folder, folder, "parameters.f32"));
  expect(await bytes("newest")).toEqual(await bytes("best"));
  expect(await box.failure(["task", "rollback", id, "--to", "9", ...HERE])).toMatchObject({
    code: "CHECKPOINT_UNKNOWN",
  });
  const worst = ["task", "rollback", id, "--to", "worst", ...HERE];
  expect(await box.failure(worst, 2)).toMatchObject({
    code: "BAD_PARAMETER",
    remedy: expect.stringContaining("0 for the initial model, or best."),
  });
  expect(await box.failure(["task", "evaluate", id, ...HERE])).toMatchObject({
    code: "TASK_STATE_CONFLICT",
    remedy: "Clients evaluate checkpoints of running tasks only, so start the task first.",
  });
});
