import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createOutput } from "../src/terminal/output.ts";

/** Lets a command speak, and returns all that came out. */
function hear(json: boolean, isTerminal: boolean): { stdout: string; stderr: string } {
  const stdout = new PassThrough({ encoding: "utf8" });
  const stderr = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: isTerminal });
  const output = createOutput(json, { stdout, stderr });
  output.redraw("half way");
  output.say("round 1");
  output.result({ rounds: 1 }, "1 round");
  return { stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

const ERASED = "\r\u001b[K";

describe("a command writes", () => {
  it("its result to standard output and its progress to standard error", () => {
    expect(hear(false, false)).toEqual({ stdout: "1 round\n", stderr: "round 1\n" });
  });

  it("a progress bar in a terminal, and erases it before the next line", () => {
    expect(hear(false, true)).toEqual({
      stdout: "1 round\n",
      stderr: `${ERASED}half way${ERASED}round 1\n`,
    });
  });

  it("with --json one line of JSON and nothing else, unless a person watches in a terminal", () => {
    const stdout = '{"rounds":1}\n';
    expect(hear(true, false)).toEqual({ stdout, stderr: "" });
    expect(hear(true, true)).toEqual({ stdout, stderr: hear(false, true).stderr });
  });
});
