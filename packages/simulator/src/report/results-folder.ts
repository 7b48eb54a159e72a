import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { TributaryError, type Clock } from "@tributary/protocol";
import { AdvisedError, advise, setting } from "../files/advice.ts";
import { yamlText } from "../files/yaml.ts";
import type { ExperimentPlan } from "../experiment/experiment.ts";
import type { RunResult } from "../runner/run-result.ts";
import type { RunSnapshot } from "../runner/run-snapshot.ts";
import type { SimulatedRound } from "../runner/simulated-round.ts";
import { roundsCsv } from "./csv.ts";
import { environmentOf } from "./environment.ts";
import { RESULTS_FILES, runFolderName } from "./results-files.ts";
import { storing } from "../files/storing.ts";
import { summaryOf } from "./summary.ts";

/** How often a run stores where it stands, and how often the lines of its rounds are written. */
const SNAPSHOT_EVERY_MS = 60_000;
const LINES_EVERY_MS = 1_000;

/** Changes whenever a snapshot is written in another form. */
const SNAPSHOT_VERSION = 1;

/**
 * The folder that holds what an experiment gave: the experiment itself, where it ran, and for each run
 * a folder with its rounds.
 */
export class ResultsFolder {
  readonly path: string;
  readonly #plan: ExperimentPlan;
  readonly #clock: Clock;
  /** When the run under way has stored where it stands, and when it has written lines. */
  #storedMs = 0;
  #writtenMs = 0;
  /** The rounds of the run under way, and how many of them are in the file of rounds. */
  #rounds: SimulatedRound[] = [];
  #written = 0;
  /** What describes the experiment in a new folder; written once the first run begins. */
  #description: Readonly<Record<string, string>> | undefined;

  private constructor(path: string, plan: ExperimentPlan, clock: Clock) {
    this.path = path;
    this.#plan = plan;
    this.#clock = clock;
  }

  /**
   * Opens the folder, to go on with what is in it or for new results. A new folder is made when the
   * first run begins, so that an experiment that is refused before leaves nothing.
   * @param options.resume - Whether an experiment goes on that has begun there.
   * @throws TributaryError `CONFIG_INVALID` when the folder has files and nothing is to go on, or
   *   holds another experiment; `STORAGE_UNAVAILABLE` when it cannot be written.
   */
  static async open(
    path: string,
    plan: ExperimentPlan,
    {
      resume,
      clock,
      folder,
    }: { readonly resume: boolean; readonly clock: Clock; readonly folder: string },
  ): Promise<ResultsFolder> {
    const results = new ResultsFolder(path, plan, clock);
    const text = `${yamlText(plan.value)}\n`;
    const isEmpty = (await filesIn(path)).length === 0;
    if (!isEmpty && !resume) {
      throw new AdvisedError("CONFIG_INVALID", `The folder ${path} has files already`, {
        advice: advise`Give another folder with ${setting("out")}, or go on with ${setting("resume", true)}.`,
      });
    }
    if (!isEmpty) {
      const before = await readFile(join(path, RESULTS_FILES.experiment), "utf8").catch(() => "");
      if (before === text) return results;
      throw new AdvisedError("CONFIG_INVALID", `${path} holds the results of another experiment`, {
        advice: advise`Give the same file and the same settings as before, or another folder with ${setting("out")}.`,
      });
    }
    const environment = JSON.stringify(environmentOf(folder), undefined, 2);
    results.#description = {
      [RESULTS_FILES.experiment]: text,
      [RESULTS_FILES.environment]: `${environment}\n`,
    };
    return results;
  }

  /** Where a run had stopped; undefined when it has not begun. */
  async snapshot(index: number): Promise<RunSnapshot | undefined> {
    const bytes = await readFile(join(this.#folderOf(index), RESULTS_FILES.snapshot)).catch(
      () => undefined,
    );
    if (bytes === undefined) return undefined;
    const { version, ...snapshot } = deserialize(bytes) as RunSnapshot & { version: number };
    if (version === SNAPSHOT_VERSION) return snapshot;
    throw new TributaryError("CONFIG_INVALID", `${this.path} is of another version of Tributary`, {
      remedy: "Go on with that version, or begin again in another folder.",
    });
  }

  /** Keeps a picture of how the data is divided. @param svg - An SVG document. */
  async keepPartition(svg: string): Promise<void> {
    const path = join(this.path, RESULTS_FILES.partition);
    await storing(path, () => writeFile(path, svg));
  }

  /** Begins the files of a run with the rounds that it has had before. */
  async begin(index: number, rounds: readonly SimulatedRound[]): Promise<void> {
    const folder = this.#folderOf(index);
    this.#storedMs = this.#clock.elapsedMs();
    this.#rounds = [...rounds];
    this.#written = rounds.length;
    const description = Object.entries(this.#description ?? {});
    this.#description = undefined;
    await storing(folder, async () => {
      await mkdir(folder, { recursive: true });
      for (const [name, text] of description) await writeFile(join(this.path, name), text);
      await writeFile(join(folder, RESULTS_FILES.rounds), rounds.map(lineOf).join(""));
    });
  }

  /** Adds a round, and from time to time where the run stands. */
  async add(
    index: number,
    round: SimulatedRound,
    snapshot: () => RunSnapshot | undefined,
  ): Promise<void> {
    const nowMs = this.#clock.elapsedMs();
    this.#rounds.push(round);
    if (nowMs - this.#writtenMs >= LINES_EVERY_MS) await this.#writeLines(index);
    if (nowMs - this.#storedMs >= SNAPSHOT_EVERY_MS) await this.store(index, snapshot());
  }

  /** Stores the table of a run's rounds, and where it stands, if it can go on from there. */
  async store(index: number, snapshot: RunSnapshot | undefined): Promise<void> {
    await this.#writeLines(index);
    this.#storedMs = this.#clock.elapsedMs();
    const folder = this.#folderOf(index);
    await storing(folder, async () => {
      await writeFile(join(folder, RESULTS_FILES.table), roundsCsv(this.#rounds));
      if (snapshot === undefined) return;
      const participation = JSON.stringify([...snapshot.participation]);
      await writeFile(join(folder, RESULTS_FILES.participation), `${participation}\n`);
      // A crash leaves the snapshot before or this one, and never half of it.
      const next = join(folder, `${RESULTS_FILES.snapshot}.next`);
      await writeFile(next, serialize({ version: SNAPSHOT_VERSION, ...snapshot }));
      await rename(next, join(folder, RESULTS_FILES.snapshot));
    });
  }

  /** Stores what all runs have come to. */
  async finish(results: readonly RunResult[]): Promise<void> {
    const summary = summaryOf(this.#plan, results);
    const path = join(this.path, RESULTS_FILES.summary);
    await storing(path, () => writeFile(path, `${JSON.stringify(summary, undefined, 2)}\n`));
  }

  async #writeLines(index: number): Promise<void> {
    this.#writtenMs = this.#clock.elapsedMs();
    const text = this.#rounds.slice(this.#written).map(lineOf).join("");
    this.#written = this.#rounds.length;
    const path = join(this.#folderOf(index), RESULTS_FILES.rounds);
    await storing(path, () => writeFile(path, text, { flag: "a" }));
  }

  #folderOf(index: number): string {
    return join(this.path, runFolderName(index, this.#plan.runs[index]!.seed));
  }
}

/** The names of the files of a folder; none when it is not there. */
async function filesIn(path: string): Promise<readonly string[]> {
  return existsSync(path) ? storing(path, () => readdir(path)) : [];
}

const lineOf = (round: SimulatedRound): string => `${JSON.stringify(round)}\n`;
