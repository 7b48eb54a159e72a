import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("mortal-server.mjs", import.meta.url));

/** What the server says: one key a line. */
export interface Line {
  readonly listening?: { readonly url: string; readonly serverKey: string };
  readonly created?: string;
  readonly ended?: { readonly roundNumber: number; readonly outcome: string };
  /** Its last words: the step, and the round that was in flight or had just been stored. */
  readonly died?: { readonly step: string; readonly roundNumber: number };
  readonly store?: StoreContent;
}

export interface StoreContent {
  readonly rounds: readonly {
    readonly id: string;
    readonly number: number;
    readonly outcome: string;
    readonly reported: number;
    readonly exampleCount: number;
    readonly baseCheckpoint: string;
    readonly checkpoint: string | null;
  }[];
  readonly checkpoints: readonly {
    readonly id: string;
    readonly roundNumber: number;
    /** The last of the model's parameters. */
    readonly lastValue: number;
  }[];
}

/** mortal-server.mjs in a process of its own. */
export class MortalServer {
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #isGone: Promise<unknown>;
  #isOver = false;

  private constructor(place: { readonly dataDir: string; readonly databaseUrl?: string }) {
    this.#child = fork(SCRIPT, [JSON.stringify(place)], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    this.#isGone = once(this.#child, "close");
    const lines = createInterface({ input: this.#child.stdout! });
    lines.on("line", (line) => {
      this.#lines.push(JSON.parse(line) as Line);
      for (const look of this.#watchers) look();
    });
    lines.on("close", () => {
      this.#isOver = true;
      for (const look of this.#watchers) look();
    });
  }

  /** Starts the server and waits until it listens. */
  static async start(place: {
    readonly dataDir: string;
    readonly databaseUrl?: string;
  }): Promise<{ server: MortalServer; url: string; serverKey: string }> {
    const server = new MortalServer(place);
    const { url, serverKey } = await server.hear((line) => line.listening);
    return { server, url, serverKey };
  }

  /** The server ends itself when it comes to this step. */
  dieAt(step: string): void {
    this.#order({ type: "die", at: step });
  }

  async createTask(definition: object): Promise<void> {
    this.#order({ type: "create", definition });
    await this.hear((line) => line.created);
  }

  /** What the server's store holds. */
  read(): Promise<StoreContent> {
    const already = this.#lines.length;
    this.#order({ type: "read" });
    return this.hear((line) => line.store, already);
  }

  /** Waits for a line, from the `from`th on, of which `pick` makes something. */
  hear<T>(pick: (line: Line) => T | undefined, from = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        for (const line of this.#lines.slice(from)) {
          const picked = pick(line);
          if (picked === undefined) continue;
          this.#watchers.delete(look);
          resolve(picked);
          return;
        }
        if (!this.#isOver) return;
        this.#watchers.delete(look);
        reject(new Error("The server ended before it said so"));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** SIGKILL, from outside. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Resolves when the process has gone; says which signal ended it. */
  async gone(): Promise<NodeJS.Signals | null> {
    await this.#isGone;
    return this.#child.signalCode;
  }

  /** An orderly end. */
  async stop(): Promise<void> {
    this.#order({ type: "stop" });
    await this.#isGone;
  }

  #order(order: object): void {
    this.#child.send(order);
  }
}
