import type { RunningCommand } from "./command.ts";
import type { Sandbox } from "./sandbox.ts";

/** The line that `serve --json` prints. */
export interface ServerAddress {
  readonly url: string;
  readonly adminUrl: string;
  readonly serverKey: string;
  readonly certPath: string;
}

export interface RunningServer extends ServerAddress {
  readonly command: RunningCommand;
}

/** Starts `serve` on free ports, or those of `options`, and waits until it listens. */
export async function startServer(
  box: Sandbox,
  options: {
    readonly dataDir?: string;
    readonly port?: string;
    readonly minimumCohort?: number;
    /** Whether the server uses ws, since a page cannot trust a certificate of the server's own. */
    readonly plain?: boolean;
    readonly limits?: Readonly<Record<string, number>>;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<RunningServer> {
  const { dataDir = "server", port = "0", minimumCohort = 2, limits = {}, env = {} } = options;
  const plain = options.plain === true ? ["--plain"] : [];
  const args = ["--port", port, "--admin-port", "0", "--data-dir", dataDir, "--json"];
  args.push("--minimum-cohort", String(minimumCohort));
  for (const [name, value] of Object.entries(limits)) args.push("--limit", `${name}=${value}`);
  const command = box.start(["serve", ...args, ...plain], env);
  return { ...(JSON.parse(await command.firstLine()) as ServerAddress), command };
}

/** What commands that ask the server about a task print. */
export interface TaskLine {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly initialCheckpoint: string;
  readonly progress: { readonly phase: string; readonly committedRounds: number };
}

export interface RoundLine {
  readonly id: string;
  readonly number: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly reported: number;
  readonly droppedOut: number;
  readonly baseCheckpoint: string;
  readonly checkpoint: string | null;
}

export interface CheckpointLine {
  readonly id: string;
  readonly roundNumber: number;
}
