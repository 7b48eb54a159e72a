import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { realpathSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const built = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}/dist/main.js`, import.meta.url));

/** The `tributary` command as it is published. */
export const PUBLISHED = built("packages/cli");

/** The command that `npm run tributary` runs in this repository: the published one, with the benchmarks. */
export const WITH_BENCHMARKS = built("bench");

/** The folder of this repository. */
export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** The script of the npm that this machine has. */
export const NPM = realpathSync(
  execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim(),
);

/** Settings of whoever runs the tests, which the commands must not take for theirs. */
const NOT_INHERITED = { DATABASE_URL: undefined, TRIBUTARY_ADMIN_TOKEN: undefined };

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a command ended, and all it said. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command in a process of its own. */
export class RunningCommand {
  /** Resolves when the process has gone and all its words are here. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #watchers = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #isOver = false;

  constructor(
    args: readonly string[],
    options: { readonly program: string; readonly cwd: string; readonly env: Environment },
  ) {
    this.#child = spawn(process.execPath, [options.program, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...NOT_INHERITED, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#notify();
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code, signal) => {
        this.#isOver = true;
        this.#notify();
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("The command did not start");
    return pid;
  }

  /** All it has said so far, results and the rest. */
  get said(): string {
    return this.#stdout + this.#stderr;
  }

  /** Waits until standard output holds a whole line, and returns the first one. */
  async firstLine(): Promise<string> {
    return (await this.#find(/^(.*)\n/, () => this.#stdout))[1] ?? "";
  }

  /** Waits until standard output holds the pattern. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#find(pattern, () => this.#stdout);
  }

  /** Waits until standard error holds the pattern. */
  heard(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#find(pattern, () => this.#stderr);
  }

  /** Sends a signal; waits for nothing. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the process and waits for it. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.kill(signal);
    return this.ended;
  }

  #find(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(text());
        if (match === null && !this.#isOver) return;
        this.#watchers.delete(look);
        if (match !== null) resolve(match);
        else reject(new Error(`The command ended before it said ${pattern}:\n${this.said}`));
      };
      this.#watchers.add(look);
      look();
    });
  }

  #notify(): void {
    for (const look of this.#watchers) look();
  }
}
