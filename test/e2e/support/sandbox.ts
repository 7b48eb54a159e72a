import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { PUBLISHED, RunningCommand, type Ended, type Environment } from "./command.ts";

/** What `--json` prints when a command fails. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly context: Readonly<Record<string, unknown>>;
}

const ONE_LINE = /^\{.*\}\n$/;

/** A folder of its own for a test, and the commands that run in it. */
export class Sandbox {
  readonly folder: string;
  readonly #program: string;
  readonly #commands: RunningCommand[] = [];

  private constructor(folder: string, program: string) {
    this.folder = folder;
    this.#program = program;
  }

  /** @param program - The command that runs here: see `PUBLISHED` and `WITH_BENCHMARKS`. */
  static async open(program: string = PUBLISHED): Promise<Sandbox> {
    return new Sandbox(await mkdtemp(join(tmpdir(), "tributary-e2e-")), program);
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** Writes a file and returns its path. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  /** Starts the command; whatever still runs when the sandbox is closed is ended. */
  start(args: readonly string[], env: Environment = {}): RunningCommand {
    const command = new RunningCommand(args, { program: this.#program, cwd: this.folder, env });
    this.#commands.push(command);
    return command;
  }

  run(args: readonly string[], env: Environment = {}): Promise<Ended> {
    return this.start(args, env).ended;
  }

  /** Runs the command with `--json`, and returns the one line that it prints when it succeeds. */
  async json<Result>(args: readonly string[], env: Environment = {}): Promise<Result> {
    const { code, stdout, stderr } = await this.run([...args, "--json"], env);
    assert.equal(code, 0, `${args.join(" ")} failed:\n${stderr}`);
    assert.match(stdout, ONE_LINE);
    return JSON.parse(stdout) as Result;
  }

  /**
   * Runs the command with `--json`, which must fail: with this exit code, the error as the one line on standard
   * output, and its cause, code and remedy in words on standard error.
   */
  async failure(
    args: readonly string[],
    exitCode: 1 | 2 = 1,
    env: Environment = {},
  ): Promise<ToldError> {
    return toldError(await this.run([...args, "--json"], env), exitCode);
  }

  async close(): Promise<void> {
    for (const command of this.#commands) command.kill("SIGKILL");
    await Promise.all(this.#commands.map(({ ended }) => ended));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The error that a command run with `--json` has ended with: see `Sandbox.failure`. */
export function toldError(ended: Ended, exitCode: 1 | 2 = 1): ToldError {
  const { code, stdout, stderr } = ended;
  assert.equal(code, exitCode, `The exit code is ${code}:\n${stdout}${stderr}`);
  assert.match(stdout, ONE_LINE);
  const { error } = JSON.parse(stdout) as { error: ToldError };
  assert.ok(stderr.includes(`tributary: ${error.message} [${error.code}]\n`), stderr);
  assert.ok(error.remedy === undefined || stderr.includes(`  ${error.remedy}\n`), stderr);
  // A stack is for faults of the command itself.
  assert.doesNotMatch(stderr, /^ {4}at /m);
  return error;
}

/** A sandbox for one test, closed at its end. */
export async function openSandbox(program?: string): Promise<Sandbox> {
  const box = await Sandbox.open(program);
  onTestFinished(() => box.close());
  return box;
}
