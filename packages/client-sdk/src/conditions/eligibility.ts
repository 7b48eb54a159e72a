import type { Clock, Conditions, Plan, PlanId, TributaryError } from "@tributary/protocol";
import { LinkedAbort, abortable } from "../runtime/abort.ts";
import { DeviceWatch } from "./device-watch.ts";
import type { DeviceConditions } from "./device-conditions.ts";
import { hasBudget, nextMomentMs } from "./next-moment.ts";
import { conditionsUnmet, unmetConditions, type UnmetCondition } from "./unmet.ts";
import { UsageMeter } from "./usage-meter.ts";
import type { UsageStore } from "./usage-store.ts";

/** What decides whether a client may work. */
export interface EligibilityDeps {
  readonly device: DeviceConditions;
  readonly clock: Clock;
  readonly usage: UsageStore;
  /** What the account of a day's work is called in the store: others have names of their own. */
  readonly name: string;
  /** The app's own conditions, which hold whatever a plan says. */
  readonly own: Conditions | undefined;
}

/** A plan, as far as conditions are concerned. */
export interface PlannedWork {
  readonly id: PlanId;
  readonly plan: Pick<Plan, "task" | "conditions">;
}

/** Does work only while conditions hold. */
export interface ConditionalWork {
  /**
   * Does some work, and stops it as soon as a condition no longer holds.
   * @param planned - The plan that the work is for; the app's own conditions alone count without one.
   * @param work - Ends soon after its signal is aborted.
   * @throws TributaryError `CONDITIONS_UNMET`; what the work throws.
   */
  whileMet<T>(
    planned: PlannedWork | undefined,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}

/** How often what work takes is measured and saved while it lasts, milliseconds. */
const METER_MS = 15_000;

/**
 * How long a client stands aside that has just given up a plan, milliseconds. A server that has another task
 * for it would not take it sooner either.
 */
const PAUSE_MS = 60_000;

/**
 * How long a client for which the server has nothing but what it declines stands aside, milliseconds. Then
 * it asks again: there may be another task.
 */
const ASIDE_MS = 10 * 60_000;

/** How many plans are remembered that were declined. */
const MOST_DECLINED = 8;

/**
 * Decides whether this device may work now. A plan whose conditions it does not meet is declined for as long
 * as that is so. The device is watched only where somebody asks for conditions.
 */
export class Eligibility implements ConditionalWork {
  readonly #deps: EligibilityDeps;
  readonly #device: DeviceWatch;
  readonly #usage: UsageMeter;
  /** The plans that were given up because of their conditions, the last one at the end. */
  readonly #declined: Map<PlanId, PlannedWork> = new Map();
  /** Until when the client stands aside, by `elapsedMs`. */
  #asideUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: EligibilityDeps) {
    this.#deps = deps;
    this.#device = new DeviceWatch(deps.device, deps.clock);
    this.#usage = new UsageMeter(deps.usage, deps.name, deps.clock);
  }

  /** What keeps the client from working now. */
  async unmet(
    planned: PlannedWork | undefined,
    signal: AbortSignal,
  ): Promise<readonly UnmetCondition[]> {
    if (!this.#isAsked(planned)) return [];
    await this.#open(planned, signal);
    return this.#unmetNow(planned);
  }

  /** The plans that the client declines now, because of their conditions. */
  get declined(): readonly PlanId[] {
    const plans = [...this.#declined.values()];
    return plans.filter((plan) => this.#isDeclined(plan)).map(({ id }) => id);
  }

  /**
   * Has the client stand aside, because the server has nothing for it but what it declines: until it
   * declines less, or a while has passed.
   */
  standAside(): void {
    this.#standAsideFor(ASIDE_MS);
  }

  /** @throws TributaryError `CONDITIONS_UNMET` when the client has to wait before it may check in. */
  async requireReady(signal: AbortSignal): Promise<void> {
    const unmet = await this.#waitsFor(signal);
    if (unmet.length > 0) throw conditionsUnmet(unmet);
  }

  /** What the client waits for before it may check in. */
  async #waitsFor(signal: AbortSignal): Promise<readonly UnmetCondition[]> {
    const own = await this.unmet(undefined, signal);
    const plans = [...this.#declined.values()];
    const isAside = this.#asideLeftMs > 0 && plans.every((declined) => this.#isDeclined(declined));
    const last = isAside ? plans.at(-1) : undefined;
    return last === undefined ? own : this.#unmetNow(last);
  }

  /**
   * Waits until the client may check in: until the app's own conditions hold, and it stands aside no longer.
   * @param onWait - Called with what it waits for, and again when that has changed.
   */
  async ready(
    signal: AbortSignal,
    onWait: (unmet: readonly UnmetCondition[]) => void,
  ): Promise<void> {
    let told = "";
    for (;;) {
      const unmet = await this.#waitsFor(signal);
      if (unmet.length === 0) break;
      const named = JSON.stringify(unmet);
      if (named !== told) onWait(unmet);
      told = named;
      const asideMs = this.#asideLeftMs > 0 ? this.#asideLeftMs : Infinity;
      await this.#change([...this.#declined.values()], asideMs, signal);
    }
    this.#asideUntilMs = Number.NEGATIVE_INFINITY;
  }

  async whileMet<T>(
    planned: PlannedWork | undefined,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (!this.#isAsked(planned)) return work(signal);
    await this.#open(planned, signal);
    let broken = this.#unmetNow(planned);
    if (broken.length > 0) throw this.#decline(planned, broken);
    if (planned !== undefined) this.#declined.delete(planned.id);
    const account = this.#account(planned);
    const stop = new LinkedAbort(signal);
    const over = new LinkedAbort(stop.signal);
    const watch = async (): Promise<void> => {
      const mostMs = account === undefined ? Infinity : METER_MS;
      while (broken.length === 0) {
        await this.#change(planned === undefined ? [] : [planned], mostMs, over.signal);
        void account?.();
        broken = this.#unmetNow(planned);
      }
      stop.abort();
    };
    watch().catch(() => {});
    try {
      return await work(stop.signal);
    } catch (error) {
      throw broken.length > 0 ? this.#decline(planned, broken) : error;
    } finally {
      over.abort();
      stop.unlink();
      await account?.();
    }
  }

  /** Watches the device no longer. */
  close(): void {
    this.#device.close();
  }

  #isAsked(planned: PlannedWork | undefined): boolean {
    return this.#deps.own !== undefined || planned?.plan.conditions !== undefined;
  }

  #isCounted(planned: PlannedWork | undefined): boolean {
    return hasBudget(this.#deps.own) || hasBudget(planned?.plan.conditions);
  }

  async #open(planned: PlannedWork | undefined, signal: AbortSignal): Promise<void> {
    const account = this.#isCounted(planned) ? this.#usage.load() : undefined;
    await abortable(Promise.all([this.#device.open(), account]), signal);
  }

  /**
   * Begins to keep account of a plan's work, where there is a budget.
   * @returns Adds what was taken since the last call, and saves it.
   */
  #account(planned: PlannedWork | undefined): (() => Promise<void>) | undefined {
    if (planned === undefined || !this.#isCounted(planned)) return undefined;
    const work = this.#usage.begin(planned.plan.task, this.#device.state);
    return () => {
      work.add(this.#device.state);
      return this.#usage.save();
    };
  }

  get #asideLeftMs(): number {
    return this.#asideUntilMs - this.#deps.clock.elapsedMs();
  }

  #standAsideFor(ms: number): void {
    this.#asideUntilMs = this.#deps.clock.elapsedMs() + ms;
  }

  #isDeclined(planned: PlannedWork): boolean {
    return this.#unmetNow(planned).some(({ askedBy }) => askedBy === "plan");
  }

  #unmetNow(planned: PlannedWork | undefined): readonly UnmetCondition[] {
    const { own, clock } = this.#deps;
    const plan = planned?.plan;
    const device = { ...this.#device.state, nowMs: clock.now() };
    return [
      ...unmetConditions(own, { ...device, spent: this.#usage.spent() }, "app"),
      ...unmetConditions(
        plan?.conditions,
        { ...device, spent: this.#usage.spent(plan?.task) },
        "plan",
      ),
    ];
  }

  /** Remembers that a plan was given up. @returns The error that says why. */
  #decline(planned: PlannedWork | undefined, unmet: readonly UnmetCondition[]): TributaryError {
    if (planned !== undefined && unmet.some(({ askedBy }) => askedBy === "plan")) {
      this.#declined.delete(planned.id);
      this.#declined.set(planned.id, planned);
      const [oldest] = this.#declined.keys();
      if (this.#declined.size > MOST_DECLINED) this.#declined.delete(oldest!);
      this.#standAsideFor(PAUSE_MS);
    }
    return conditionsUnmet(unmet);
  }

  /** Waits until it may have changed what is unmet, at most for `mostMs` milliseconds. */
  #change(planned: readonly PlannedWork[], mostMs: number, signal: AbortSignal): Promise<void> {
    const { own, clock } = this.#deps;
    const nowMs = clock.now();
    const nextMs = Math.min(
      mostMs,
      nextMomentMs(own, this.#usage.spent(), nowMs),
      ...planned.map(({ plan: { conditions, task } }) =>
        nextMomentMs(conditions, this.#usage.spent(task), nowMs),
      ),
    );
    return this.#device.change(nextMs, signal);
  }
}
