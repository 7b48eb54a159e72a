import { execFileSync } from "node:child_process";
import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  freePort,
  startPostgres,
  type PostgresServer,
} from "../../packages/server/test/postgres-server.ts";
import { NPM, PUBLISHED, REPOSITORY, type RunningCommand } from "./support/command.ts";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";
import {
  startServer,
  type CheckpointLine,
  type RoundLine,
  type TaskLine,
} from "./support/server.ts";

const HERE = ["--data-dir", "server"];

/** A task of two clients; a round of six hundred local epochs takes them a second or more. */
const taskText = (rounds: number, localEpochs = 5): string => `
  population: pair
  name: two-of-a-kind
  model: { builtin: mlp-64 }
  plan: { batchSize: 20, localEpochs: ${localEpochs} }
  round: { goalCount: 2, overselection: 1, minimumFraction: 1 }
  stop: { rounds: ${rounds} }
`;

const createTask = async (box: Sandbox, text: string, ...more: string[]): Promise<TaskLine> =>
  box.json(["task", "create", await box.write("task.yaml", text), ...HERE, ...more]);

const startClient = (box: Sandbox, seed: number, ...more: string[]): RunningCommand =>
  box.start(["client", "--population", "pair", "--seed", String(seed), ...HERE, ...more]);

const roundsOf = async (box: Sandbox, task: string): Promise<readonly RoundLine[]> =>
  (await box.json<{ rounds: RoundLine[] }>(["round", "list", "--task", task, ...HERE])).rounds;

/** The committed rounds follow one another in number, and each begins where the one before it ended. */
function expectUnbroken(rounds: readonly RoundLine[], initial: string): void {
  const committed = rounds.filter(({ outcome }) => outcome === "committed");
  expect(committed.map(({ number }) => number)).toEqual(committed.map((_, index) => index + 1));
  const ends = [initial, ...committed.map(({ checkpoint }) => checkpoint)];
  expect(committed.map(({ baseCheckpoint }) => baseCheckpoint)).toEqual(ends.slice(0, -1));
}

describe("a server and its clients", () => {
  test("go through a task from its file to its last round", async () => {
    const box = await openSandbox();
    const { command, url } = await startServer(box);
    expect(url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);
    const task = await createTask(box, taskText(3));
    expect(task).toMatchObject({ name: "two-of-a-kind", state: "created" });
    expect(await box.json(["task", "list", ...HERE])).toMatchObject({ tasks: [{ id: task.id }] });
    expect(await box.json(["task", "start", task.id, ...HERE])).toMatchObject({ state: "running" });

    const clients = [1, 2].map((seed) => startClient(box, seed, "--rounds", "3", "--json"));
    const ended = await Promise.all(clients.map((client) => client.ended));
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: "" },
      { code: 0, stderr: "" },
    ]);

    const rounds = await roundsOf(box, task.id);
    expect(rounds.map(({ outcome, reported }) => ({ outcome, reported }))).toEqual(
      Array.from({ length: 3 }, () => ({ outcome: "committed", reported: 2 })),
    );
    expectUnbroken(rounds, task.initialCheckpoint);
    const last = rounds[2];
    expect(await box.json(["round", "show", last?.id ?? "", ...HERE])).toEqual(last);
    for (const { stdout } of ended) {
      expect(JSON.parse(stdout)).toMatchObject({ reports: 3, checkpoint: last?.checkpoint });
    }
    expect(await box.json(["task", "show", task.id, ...HERE])).toMatchObject({
      state: "finished",
      progress: { phase: "idle", committedRounds: 3 },
      lastRound: last,
    });
    const { checkpoints } = await box.json<{ checkpoints: CheckpointLine[] }>([
      ...["model", "list", ...HERE],
    ]);
    expect(checkpoints.map(({ id, roundNumber }) => [roundNumber, id])).toEqual([
      [0, task.initialCheckpoint],
      ...rounds.map(({ number, checkpoint }) => [number, checkpoint]),
    ]);
    const one = ["round", "list", "--task", task.id, "--limit", "1", ...HERE];
    expect(await box.json(one)).toEqual({ task: task.id, rounds: [last] });

    const table = await box.run(["round", "list", ...HERE]);
    expect(table).toMatchObject({ code: 0, stderr: "" });
    const [header, ...rows] = table.stdout.trimEnd().split("\n");
    expect(header).toMatch(/^round +outcome +reports +time +id$/);
    expect(rows).toHaveLength(6);
    expect(rows[4]).toMatch(/^3 +committed +2\/2 +[\d.]+ s +rnd_\w+$/);
    expect(rows[5]).toMatch(/^ +[\d.]+ \w+ up, .* down; loss [\d.]+, accuracy [\d.]+$/);
    const shown = await box.run(["task", "show", task.id, ...HERE]);
    expect(shown.stdout).toMatch(/^state +finished: rounds\nrounds +3 committed$/m);
    expect(await command.stop("SIGTERM")).toMatchObject({ code: 0, signal: null });
  });

  test("pause a task between rounds, resume it, and cancel it for good", async () => {
    const box = await openSandbox();
    await startServer(box);
    const { id } = await createTask(box, taskText(1_000), "--start");
    const clients = [1, 2].map((seed) => startClient(box, seed));
    await Promise.all(clients.map((client) => client.heard(/new checkpoint/)));

    expect(await box.json(["task", "pause", id, ...HERE])).toMatchObject({ state: "paused" });
    // The round in flight goes on; then the clients are sent away.
    await Promise.all(
      clients.map((client) => client.heard(/^not now, tries again in [\d.]+ s: No task/m)),
    );
    const paused = await box.json<TaskLine>(["task", "show", id, ...HERE]);
    const { committedRounds } = paused.progress;
    expect(paused).toMatchObject({ state: "paused", progress: { phase: "idle" } });
    expect(await roundsOf(box, id)).toHaveLength(committedRounds);
    expect(await box.failure(["task", "pause", id, ...HERE])).toMatchObject({
      code: "TASK_STATE_CONFLICT",
      message: `Task ${id} is paused`,
      remedy: "Only a task that is running can become paused.",
    });

    expect(await box.json(["task", "start", id, ...HERE])).toMatchObject({ state: "running" });
    await Promise.all(
      clients.map((client) => client.heard(new RegExp(`round ${committedRounds + 1} of`))),
    );
    expect(await box.json(["task", "cancel", id, ...HERE])).toMatchObject({
      state: "cancelled",
      progress: { phase: "idle" },
    });
    expect(await box.failure(["task", "start", id, ...HERE])).toMatchObject({
      code: "TASK_STATE_CONFLICT",
      message: `Task ${id} is cancelled`,
    });
    // What was committed stays, and clients wait for whatever comes next until they are told to stop.
    expect((await roundsOf(box, id)).length).toBeGreaterThanOrEqual(committedRounds);
    for (const client of clients) {
      const { code, stdout } = await client.stop("SIGINT");
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^reported in/) });
    }
  });

  test("in which one client's training diverges go on without it", async () => {
    const box = await openSandbox();
    await startServer(box);
    const task = await createTask(
      box,
      // The round waits for its third member, until that has failed.
      taskText(1).replace(
        /goalCount: .*1 \}/,
        "goalCount: 3, overselection: 1, minimumFraction: 0.6 }",
      ),
      "--start",
    );
    const row = `${"1e30,".repeat(784)}3\n`;
    await box.write("wild.csv", row.repeat(20));
    const wild = startClient(box, 3, "--data", "wild.csv", "--classes", "0,1,2,3,4,5,6,7,8,9");
    const clients = [1, 2].map((seed) => startClient(box, seed, "--rounds", "1", "--json"));
    const ended = await Promise.all(clients.map((client) => client.ended));
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const [, reason] = await wild.heard(
      /withdrew, tries again in [\d.]+ s: (.*) \[TRAINING_FAILED\]\n {2}Lower the learning rate/,
    );
    expect(reason).toMatch(/^The loss became NaN/);
    const rounds = await roundsOf(box, task.id);
    expect(rounds).toMatchObject([{ outcome: "committed", reported: 2, droppedOut: 1 }]);
    expectUnbroken(rounds, task.initialCheckpoint);
  });
});

describe("a server that ends in the middle of a round", () => {
  for (const { how, signal, code, told } of [
    { how: "because it is told to", signal: "SIGTERM", code: 0, told: "SERVER_STOPPING" },
    { how: "without a chance to tell", signal: "SIGKILL", code: null, told: "CONNECTION_LOST" },
  ] as const) {
    test(`${how} goes on with the next round when it is started again`, async () => {
      const box = await openSandbox();
      const first = await startServer(box);
      const task = await createTask(box, taskText(3, 600), "--start");
      const { port } = new URL(first.url);
      const clients = [1, 2].map((seed) => startClient(box, seed));
      await Promise.all(clients.map((client) => client.heard(/^round 2 of/m)));
      const stoppedMs = performance.now();
      expect((await first.command.stop(signal)).code).toBe(code);
      expect(performance.now() - stoppedMs).toBeLessThan(30_000);
      await Promise.all(
        clients.map((client) => client.heard(new RegExp(`disconnected, .*\\[${told}\\]`))),
      );

      const second = await startServer(box, { port });
      expect(second.url).toBe(first.url);
      expect(second.serverKey).toBe(first.serverKey);
      await Promise.all(clients.map((client) => client.heard(/round 3 of[^]*new check/)));
      const rounds = await roundsOf(box, task.id);
      expect(rounds.filter(({ outcome }) => outcome === "committed")).toHaveLength(3);
      expectUnbroken(rounds, task.initialCheckpoint);
      const running = [...rounds].filter(({ outcome }) => outcome === "abandoned");
      // Told to stop, it writes down that the round was cut short; killed, it cannot.
      expect(running.map(({ number, reason }) => ({ number, reason }))).toEqual(
        signal === "SIGTERM" ? [{ number: 2, reason: "server-stopping" }] : [],
      );
      expect(await box.json(["task", "show", task.id, ...HERE])).toMatchObject({
        state: "finished",
      });
    });
  }
});

describe("two servers on one Postgres", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  test("take turns: one runs, the other says why not, and goes on when the first is killed", async () => {
    const box = await openSandbox();
    const databaseUrl = await postgres.createDatabase();
    const port = String(await freePort());
    const env = { DATABASE_URL: databaseUrl };
    const { command: first } = await startServer(box, { port, env });
    const serve = ["serve", "--port", port, "--admin-port", "0", ...HERE];
    expect(await box.failure([...serve, "--database-url", databaseUrl])).toMatchObject({
      code: "STORAGE_LOCKED",
      message: expect.stringMatching(/in use by the server of process \d+ on /),
    });
    const second = box.start([...serve, "--wait-for-lease", "--json"], env);
    await second.heard(/waiting for another server's lease/);
    const task = await createTask(box, taskText(6, 50), "--start");
    const clients = [1, 2].map((seed) => startClient(box, seed));
    await clients[0]!.heard(/new checkpoint/);

    await first.stop("SIGKILL");
    expect(JSON.parse(await second.firstLine())).toMatchObject({
      url: expect.stringContaining(port),
    });
    await second.heard(/"state":"finished"/);
    await Promise.all(clients.map((client) => client.stop("SIGINT")));
    const rounds = await roundsOf(box, task.id);
    expectUnbroken(rounds, task.initialCheckpoint);
    expect(rounds.filter(({ outcome }) => outcome === "committed")).toHaveLength(6);
    expect(await second.stop("SIGTERM")).toMatchObject({ code: 0 });
  });
});

describe("a data folder", () => {
  test("without its key is not opened until the key is back, or a new identity is wanted", async () => {
    const box = await openSandbox();
    const { command, serverKey } = await startServer(box);
    await command.stop("SIGTERM");
    await rename(box.path("server", "server.key"), box.path("backup"));
    const serve = ["serve", "--port", "0", "--admin-port", "0", ...HERE];
    expect(await box.failure(serve)).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`the store belongs to the server ${serverKey}`),
      remedy: expect.stringContaining("--new-identity"),
    });
    const renewed = box.start([...serve, "--new-identity", "--json"]);
    const address = JSON.parse(await renewed.firstLine()) as { serverKey: string };
    expect(address.serverKey).not.toBe(serverKey);
    await renewed.stop("SIGTERM");
  });
});

describe("a server that npm has started", () => {
  test("reloads at SIGHUP while its clients stay, and stops with npm at SIGTERM", async () => {
    const [box, npm] = [await openSandbox(), await openSandbox(NPM)];
    const config = await box.write("settings.yaml", "logLevel: debug\n");
    const run = ["run", "--silent", "--prefix", REPOSITORY, "tributary", "--", "serve", "--json"];
    const ports = ["--port", "0", "--admin-port", "0", "--data-dir", box.path("server")];
    const command = npm.start([...run, ...ports, "--config", config]);
    const { url } = JSON.parse(await command.firstLine()) as { url: string };
    const pid = Number(execFileSync("pgrep", ["-P", String(command.pid)], { encoding: "utf8" }));
    await createTask(box, taskText(3), "--start");
    const client = startClient(box, 1);
    await client.heard(/^connected/m);

    const first = await certificateAt(url);
    await rm(box.path("server", "tls"), { recursive: true });
    await box.write("settings.yaml", "limits: { maxConnections: 0 }\n");
    process.kill(pid, "SIGHUP");
    await command.heard(/"certificate changed"/);
    await command.heard(/"settings not reloaded"/);
    const second = await certificateAt(url);
    expect(second).not.toBe(first);
    await box.write("settings.yaml", "logLevel: warn\nlimits: { maxConnections: 7 }\n");
    process.kill(pid, "SIGHUP");
    await command.heard(/"changed":\["maxConnections"\],"msg":"settings reloaded"/);
    expect(client.said).not.toContain("disconnected");

    expect(await command.stop("SIGTERM")).toMatchObject({ code: 0, signal: null });
    await client.heard(/disconnected, .*\[SERVER_STOPPING\]/);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("stops when npm is gone, and does not outlive it as an orphan", async () => {
    const npm = await openSandbox(NPM);
    // A script of an app's own: npm starts a shell, and the shell starts the server.
    const serve = `"${process.execPath}" "${PUBLISHED}" serve --port 0 --admin-port 0 --json; true`;
    await npm.write("package.json", JSON.stringify({ scripts: { serve } }));
    const command = npm.start(["run", "--silent", "serve"]);
    const { url } = JSON.parse(await command.firstLine()) as { url: string };
    // It ends npm and its shell, and never reaches the server.
    command.kill("SIGTERM");
    // All words are here when the last process that could say one has ended.
    await command.ended;
    await expect(certificateAt(url)).rejects.toThrow("ECONNREFUSED");
  });
});

/** The fingerprint of the certificate that a new connection is shown. */
function certificateAt(url: string): Promise<string> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

describe("keys generate", () => {
  test("makes the key of the server that finds it in its data folder", async () => {
    const box = await openSandbox();
    const { serverKey } = await box.json<{ serverKey: string; secretFile: string }>([
      ...["keys", "generate", "--out", "secret"],
    ]);
    expect(serverKey).toMatch(/^tributary-key-v1:[\w-]{86}$/);
    expect((await stat(box.path("secret"))).mode & 0o777).toBe(0o600);
    await mkdir(box.path("server"));
    await copyFile(box.path("secret"), box.path("server", "server.key"));
    const server = await startServer(box);
    expect(server.serverKey).toBe(serverKey);

    expect(await box.failure(["keys", "generate", "--out", "secret"])).toMatchObject({
      code: "CONFIG_INVALID",
      message: "The key file secret cannot be written",
      remedy: "Choose a path that does not exist yet, in a folder that you may write to.",
    });
  });
});
