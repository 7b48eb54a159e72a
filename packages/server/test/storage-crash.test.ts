// Tests the state that a crash leaves. The child processes can be killed, and run from source.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { openEmbeddedStore } from "../src/open-storage.ts";
import { openPglite } from "../src/storage/postgres/pglite.ts";
import { participations } from "../src/storage/postgres/schema.ts";
import { testFolder } from "./temporary-folder.ts";

const here = dirname(fileURLToPath(import.meta.url));
const fromSource = [
  "--conditions=@tributary/source",
  `--import=${new URL("../../../infra/run-from-source.mjs", import.meta.url).href}`,
];
const crypto = createNodeCryptoProvider();

interface Child {
  /** Resolves with the next line that the child prints, or undefined when it has ended. */
  readonly nextLine: () => Promise<string | undefined>;
  readonly kill: () => Promise<void>;
  readonly end: () => Promise<void>;
}

function run(script: string, folder: string): Child {
  const child = spawn(process.execPath, [...fromSource, join(here, script), folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    nextLine: async () => {
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    end: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/**
 * The round number of each device, read from the table itself: the store hides rows of rounds that
 * it does not have.
 */
async function participationRows(folder: string): Promise<ReadonlyMap<string, number>> {
  const { db, close } = await openPglite(join(folder, "db"));
  const rows = await db.select().from(participations);
  await close();
  return new Map(rows.map(({ deviceId, roundNumber }) => [deviceId, roundNumber]));
}

describe("the embedded store after kill -9", () => {
  it(
    "has every round whose commit was acknowledged, and each one complete",
    { timeout: 180_000 },
    async () => {
      const folder = await testFolder();
      const random = seededRandom(crypto, 20);
      const draw = (below: number): number => (random.bytes(1)[0] ?? 0) % below;
      let committed = 0;
      let expected = new Map<string, number>();
      for (let turn = 0; turn < 6; turn++) {
        const writer = run("round-writer.mjs", folder);
        expect(await writer.nextLine()).toBe("loaded");
        expect(await writer.nextLine()).toBe("opened");
        const acknowledged = new Map<number, string>();
        const note = (line: string | undefined): void => {
          const [number, id] = line?.split(" ") ?? [];
          if (number !== undefined && id !== undefined) acknowledged.set(Number(number), id);
        };
        for (let i = draw(6); i > 0; i--) note(await writer.nextLine());
        // The kill comes at any time within a round, which takes about ten milliseconds.
        await wait(draw(20));
        await writer.kill();
        for (
          let line = await writer.nextLine();
          line !== undefined;
          line = await writer.nextLine()
        ) {
          note(line);
        }

        const { rounds, checkpoints, close } = await openEmbeddedStore({ folder, crypto });
        const [task] = await rounds.tasks();
        if (task === undefined) throw new Error("the task is gone");
        const recorded = await rounds.rounds(task.id);
        expect(recorded.map(({ number }) => number)).toEqual(recorded.map((_, index) => index + 1));
        expect(recorded.length).toBeGreaterThanOrEqual(committed);
        for (const [number, id] of acknowledged) expect(recorded[number - 1]?.checkpoint).toBe(id);
        for (const { checkpoint } of recorded) {
          expect(checkpoint === null ? undefined : await checkpoints.get(checkpoint)).toHaveLength(
            300_000,
          );
        }
        expect(await rounds.checkpoints(task.id)).toHaveLength(recorded.length + 1);
        expected = new Map<string, number>(recorded.map(({ id, number }) => [id, number]));
        if (recorded.length > 0) expected.set("always", recorded.length);
        committed = recorded.length;
        const read = await rounds.participations(task.id);
        expect(new Map(read.map((each) => [each.deviceId, each.roundNumber]))).toEqual(expected);
        await close();
        expect((await readdir(folder)).sort()).toEqual(["checkpoints", "db"]);
      }
      expect(committed).toBeGreaterThan(5);
      expect(await participationRows(folder)).toEqual(expected);
    },
  );

  it("opens after a kill at any moment of its first start", { timeout: 180_000 }, async () => {
    const folder = await testFolder();
    for (const afterMs of [50, 300, 900, 2_100]) {
      const writer = run("round-writer.mjs", folder);
      expect(await writer.nextLine()).toBe("loaded");
      await wait(afterMs);
      await writer.kill();
    }
    const storage = await openEmbeddedStore({ folder, crypto });
    await storage.rounds.ping();
    await storage.close();
    expect((await readdir(folder)).sort()).toEqual(["checkpoints", "db"]);
  });
});

describe("the lock of a data folder between processes", () => {
  it(
    "is taken by exactly one of several processes that start at once",
    { timeout: 60_000 },
    async () => {
      const folder = await testFolder();
      const contenders = Array.from({ length: 5 }, () => run("lock-contender.mjs", folder));
      const answers = await Promise.all(contenders.map(({ nextLine }) => nextLine()));
      expect(answers.sort()).toEqual([...Array<string>(4).fill("STORAGE_LOCKED"), "held"]);
      await Promise.all(contenders.map(({ end }) => end()));
    },
  );
});
