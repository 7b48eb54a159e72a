import { expect, it } from "vitest";
import { runCommand } from "../../infra/run-command.mjs";

const node = (script: string, options = {}) =>
  runCommand(process.execPath, ["--eval", script], options);

it("collects standard output and error, and the exit code", async () => {
  const result = await node("console.log('out'); console.error('err'); process.exitCode = 3");
  expect(result.code).toBe(3);
  expect(result.output.split("\n").toSorted()).toEqual(["", "err", "out"]);
});

it("gives code 127 for a program that is not there", async () => {
  const result = await runCommand("no-such-program-at-all", []);
  expect(result).toEqual({ code: 127, output: "no-such-program-at-all: not found" });
});

it("ends a program that runs past its limit, with what it started", async () => {
  const result = await node(
    `const { spawn } = require("node:child_process");
     spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
     setInterval(() => {}, 1000);`,
    { timeLimitMs: 300 },
  );
  // `runCommand` returns only when the pipes are closed, and so only when the grandchild has ended too.
  expect(result.code).toBe(124);
});
