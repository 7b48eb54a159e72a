/** What work has taken of a device. */
export interface Spent {
  readonly seconds: number;
  /** The share of the battery, from 0 to 1. */
  readonly battery: number;
}

/** What the work of one day has taken of a device. */
export interface DailyUsage {
  /** The day by the device's clock, such as `2026-11-30`. */
  readonly day: string;
  /** What each task has taken, by the task's name. */
  readonly tasks: Readonly<Record<string, Spent>>;
}

/**
 * Keeps on the device what the work of a day has taken of it, so that a budget of a day outlives the
 * program. It is used only where somebody sets such a budget.
 */
export interface UsageStore {
  /** Returns what was saved last under a name, or undefined if nothing was. */
  load(this: void, name: string): Promise<DailyUsage | undefined>;
  /** Saves it in place of what was saved under that name before. */
  save(this: void, name: string, usage: DailyUsage): Promise<void>;
}

/** Makes a `UsageStore` in memory. It forgets everything when the program ends. */
export function memoryUsageStore(): UsageStore {
  const saved = new Map<string, DailyUsage>();
  return {
    load: (name) => Promise.resolve(saved.get(name)),
    save(name, usage) {
      saved.set(name, usage);
      return Promise.resolve();
    },
  };
}

/** Reads what a platform has stored of it, which may be of anybody. @returns undefined if it is none. */
export function readUsage(value: unknown): DailyUsage | undefined {
  if (!isRecord(value) || typeof value["day"] !== "string" || !isRecord(value["tasks"])) {
    return undefined;
  }
  const { day, tasks } = value;
  const spent = Object.entries(tasks).filter((entry): entry is [string, Spent] =>
    isSpent(entry[1]),
  );
  return { day, tasks: Object.fromEntries(spent) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isAmount = (value: unknown): boolean => typeof value === "number" && value >= 0;

const isSpent = (value: unknown): value is Spent =>
  isRecord(value) && isAmount(value["seconds"]) && isAmount(value["battery"]);
