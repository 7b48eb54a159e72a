import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@tributary/protocol";
import { allSettings, describeChoice } from "../../experiment/choice.ts";
import type { ExperimentPlan, ExperimentRun } from "../../experiment/experiment.ts";
import type { ExperimentSections } from "../../experiment/experiment-schema.ts";
import { withSettings } from "../../experiment/settings.ts";
import { yamlText } from "../../files/yaml.ts";
import type { SimulatedRound } from "../../runner/simulated-round.ts";
import { storing } from "../../files/storing.ts";
import {
  scalarsEvent,
  sessionEndEvent,
  sessionStartEvent,
  textEvent,
  versionEvent,
} from "./events.ts";
import { hyperparametersOf } from "./hyperparameters.ts";
import { NOTHING_SPENT, scalarsOf, spentWith, type Spent } from "./round-scalars.ts";

/** TensorBoard knows its files by a part of this name. */
const EVENT_FILE = "events.out.tfevents.tributary";

/** What is told of a run: see `RunFacts`. */
type LoggedRun = ExperimentRun & { readonly index: number };

/** The event file of the run under way. */
interface OpenFile {
  readonly path: string;
  /** When the run began, milliseconds since the Unix epoch. */
  readonly beganMs: number;
  readonly spent: Spent;
  /** Since then, in virtual time; in time of this machine, where devices take no time. */
  readonly passedMs: number;
}

/**
 * Writes what a simulation gives as event files of TensorBoard, while it runs: a folder for each run,
 * `CHOICE/seed-1` below that of the experiment. The time of an event is the virtual one, so that
 * TensorBoard's relative axis shows it.
 */
export class TensorBoardLog {
  readonly #folder: string;
  readonly #plan: ExperimentPlan;
  readonly #clock: Pick<Clock, "now">;
  #open: OpenFile | undefined;

  /** @param folder - Of the experiment; runs that it has already are written anew. */
  constructor(folder: string, plan: ExperimentPlan, clock: Pick<Clock, "now">) {
    this.#folder = folder;
    this.#plan = plan;
    this.#clock = clock;
  }

  /**
   * Begins the file of a run with the rounds that it has had before.
   * @throws TributaryError `STORAGE_UNAVAILABLE` when it cannot be written.
   */
  async begin(run: LoggedRun, rounds: readonly SimulatedRound[]): Promise<void> {
    const folder = join(this.#folder, ...runPath(run));
    const path = join(folder, EVENT_FILE);
    const beganMs = this.#clock.now();
    const seconds = beganMs / 1000;
    const { variant, settings } = run;
    const { variants = {} } = this.#plan.value as Partial<Pick<ExperimentSections, "variants">>;
    const experiment = withSettings(
      this.#plan.value,
      allSettings({ variant, settings }, { variants, sweep: {} }),
    );
    const parameters = { ...(variant !== null && { variant }), ...hyperparametersOf(experiment) };
    const first = [
      versionEvent(seconds),
      textEvent(seconds, "experiment", yamlText({ ...experiment, seeds: [run.seed] })),
      sessionStartEvent(seconds, describeChoice(run) || this.#plan.name, parameters),
    ];
    await storing(path, async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(path, Buffer.concat(first));
    });
    this.#open = { path, beganMs, spent: NOTHING_SPENT, passedMs: 0 };
    await this.#append(rounds.map((round) => this.#eventOf(round)));
  }

  /** Adds a round of the run under way. */
  async add(round: SimulatedRound): Promise<void> {
    await this.#append([this.#eventOf(round)]);
  }

  /** Ends the file of the run under way. @param isComplete - Whether the run came to its end. */
  async end(isComplete: boolean): Promise<void> {
    if (this.#open === undefined) return;
    const { beganMs, passedMs } = this.#open;
    await this.#append([sessionEndEvent((beganMs + passedMs) / 1000, isComplete)]);
    this.#open = undefined;
  }

  #eventOf(round: SimulatedRound): Uint8Array {
    const open = this.#open!;
    const spent = spentWith(open.spent, round);
    const passedMs = round.endedAtMs > 0 ? round.endedAtMs : 1000 * spent.seconds;
    this.#open = { ...open, spent, passedMs };
    return scalarsEvent((open.beganMs + passedMs) / 1000, round.number, scalarsOf(round, spent));
  }

  async #append(events: readonly Uint8Array[]): Promise<void> {
    const { path } = this.#open!;
    await storing(path, () => appendFile(path, Buffer.concat(events)));
  }
}

/** The folders of a run, as TensorBoard names it. */
function runPath(run: LoggedRun): readonly string[] {
  const choice = describeChoice(run).replaceAll(/[^\p{L}\p{N}.,=+-]+/gu, "_");
  const short =
    choice.length <= LONGEST_NAME ? choice : `${choice.slice(0, LONGEST_NAME)}-${run.index}`;
  return [...(short === "" ? [] : [short]), `seed-${run.seed}`];
}

/** Characters of a folder's name, of which file systems take no more than 255 bytes. */
const LONGEST_NAME = 60;
