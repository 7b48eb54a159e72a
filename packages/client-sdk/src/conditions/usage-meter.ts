import type { Clock } from "@tributary/protocol";
import type { DeviceState } from "./device-conditions.ts";
import { dayOf } from "./local-time.ts";
import type { DailyUsage, Spent, UsageStore } from "./usage-store.ts";

/**
 * The share of a battery that a second of work takes where the device does not tell its charge: a
 * battery that lasts four hours under full load.
 */
const ESTIMATED_BATTERY_PER_SECOND = 1 / (4 * 3600);

/** How many tasks are told apart. A server that makes up new tasks must not fill the memory. */
const MOST_TASKS = 64;

const NOTHING: Spent = { seconds: 0, battery: 0 };

/** Work under way: what it has taken is added up piece by piece. */
export interface MeteredWork {
  /** Adds what was taken since the last call, or since the beginning. */
  add(device: DeviceState): void;
}

/** Measures what work takes of a device in a day, and remembers it on the device. */
export class UsageMeter {
  readonly #store: UsageStore;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #tasks: Map<string, Spent> = new Map();
  #day = "";
  #loaded: Promise<void> | undefined;
  /** Saves run one after the other. */
  #saved: Promise<void> = Promise.resolve();
  /** Whether the device can keep account: whether its store works. */
  #isKept = true;

  /** @param name - What the account is about; others have names of their own in the same store. */
  constructor(store: UsageStore, name: string, clock: Clock) {
    this.#store = store;
    this.#name = name;
    this.#clock = clock;
  }

  /** Reads what was taken before. To be awaited before anything else; it reads once. Never rejects. */
  load(): Promise<void> {
    this.#loaded ??= this.#store.load(this.#name).then(
      (usage) => this.#take(usage),
      () => void (this.#isKept = false),
    );
    return this.#loaded;
  }

  /**
   * What was taken today, by one task or by all together if it is left out; undefined when the device
   * cannot keep account.
   */
  spent(task?: string): Spent | undefined {
    if (!this.#isKept) return undefined;
    this.#beginDay();
    if (task !== undefined) return this.#tasks.get(task) ?? NOTHING;
    return [...this.#tasks.values()].reduce(sum, NOTHING);
  }

  /** Begins to measure work. */
  begin(task: string, device: DeviceState): MeteredWork {
    let lastMs = this.#clock.elapsedMs();
    let last = device;
    return {
      add: (now) => {
        const nowMs = this.#clock.elapsedMs();
        const seconds = Math.max(0, nowMs - lastMs) / 1000;
        this.#add(task, { seconds, battery: batteryTaken(last, now, seconds) });
        lastMs = nowMs;
        last = now;
      },
    };
  }

  /** Saves what was taken so far. */
  save(): Promise<void> {
    this.#saved = this.#saved
      .then(() =>
        this.#store.save(this.#name, { day: this.#day, tasks: Object.fromEntries(this.#tasks) }),
      )
      .catch(() => void (this.#isKept = false));
    return this.#saved;
  }

  #take(usage: DailyUsage | undefined): void {
    if (usage === undefined) return;
    this.#day = usage.day;
    for (const [task, spent] of Object.entries(usage.tasks)) this.#tasks.set(task, spent);
  }

  #add(task: string, taken: Spent): void {
    this.#beginDay();
    this.#tasks.set(task, sum(this.#tasks.get(task) ?? NOTHING, taken));
    if (this.#tasks.size > MOST_TASKS) this.#mergeOldest();
  }

  /** Puts the account of the oldest task on that of the next one, so that the total stays right. */
  #mergeOldest(): void {
    const [[first, one] = ["", NOTHING], [second, other] = ["", NOTHING]] = this.#tasks;
    this.#tasks.delete(first);
    this.#tasks.set(second, sum(one, other));
  }

  #beginDay(): void {
    const today = dayOf(this.#clock.now());
    if (today === this.#day) return;
    this.#day = today;
    this.#tasks.clear();
  }
}

const sum = (a: Spent, b: Spent): Spent => ({
  seconds: a.seconds + b.seconds,
  battery: a.battery + b.battery,
});

/** The share of the battery that was taken between two readings. A device that charges spends none. */
function batteryTaken(before: DeviceState, after: DeviceState, seconds: number): number {
  if (before.charging === true && after.charging === true) return 0;
  if (before.battery === undefined || after.battery === undefined) {
    return seconds * ESTIMATED_BATTERY_PER_SECOND;
  }
  return Math.max(0, before.battery - after.battery);
}
