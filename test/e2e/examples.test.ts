import { renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";
import { RunningCommand } from "./support/command.ts";
import { startServer, type TaskLine } from "./support/server.ts";

const example = (path: string): string =>
  fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

/** A sensor whose reading goes up and down, as a file that is never seen half written. */
function startSensor(box: Sandbox, name: string): string {
  const file = box.path(name);
  let moment = 0;
  const write = (): void => {
    writeFileSync(`${file}.new`, `${Math.round(50_000 + 10_000 * Math.sin(moment++ / 5))}\n`);
    renameSync(`${file}.new`, file);
  };
  write();
  const timer = setInterval(write, 10);
  onTestFinished(() => clearInterval(timer));
  return file;
}

test("two sensor daemons learn together from what they have read, and stop when they are told to", async () => {
  const box = await openSandbox();
  const { url, serverKey, certPath } = await startServer(box);
  const server = ["--data-dir", "server"];
  const { id } = await box.json<TaskLine>([
    ...["task", "create", example("node-sensor/task.yaml"), "--start", ...server],
  ]);
  const start = (name: string): RunningCommand => {
    const daemon = new RunningCommand([], {
      program: example("node-sensor/daemon.js"),
      cwd: box.folder,
      env: {
        TRIBUTARY_URL: url,
        TRIBUTARY_SERVER_KEY: serverKey,
        TRIBUTARY_CERTIFICATE: box.path(certPath),
        SENSOR_FILE: startSensor(box, `${name}.reading`),
        SENSOR_EVERY_SECONDS: "0.02",
        STATE_DIRECTORY: name,
      },
    });
    onTestFinished(() => daemon.kill("SIGKILL"));
    return daemon;
  };
  const daemons = ["attic", "cellar"].map(start);
  await Promise.all(daemons.map((daemon) => daemon.printed(/"event":"round-finished"/)));

  const ended = await Promise.all(daemons.map((daemon) => daemon.stop()));
  expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
    ...[{ code: 0, stderr: "" }],
    ...[{ code: 0, stderr: "" }],
  ]);
  const task = await box.json<TaskLine>(["task", "show", id, ...server]);
  expect(task.progress.committedRounds).toBeGreaterThan(0);
});

test("a sensor daemon says what to do about a setting that is missing, and about a key that is none", async () => {
  const box = await openSandbox();
  const run = (env: Readonly<Record<string, string>>): RunningCommand =>
    new RunningCommand([], { program: example("node-sensor/daemon.js"), cwd: box.folder, env });
  expect(await run({}).ended).toMatchObject({
    code: 1,
    stdout: '{"event":"failed","error":"Error: Set the variable TRIBUTARY_URL."}\n',
  });
  const settings = { TRIBUTARY_URL: "wss://127.0.0.1:1", TRIBUTARY_SERVER_KEY: "nonsense" };
  const { code, stdout } = await run(settings).ended;
  expect({ code, stdout }).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("BAD_PARAMETER"),
  });
});
