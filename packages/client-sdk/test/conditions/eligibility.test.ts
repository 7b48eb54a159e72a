import type { Conditions, PlanId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { Eligibility, type PlannedWork } from "../../src/conditions/eligibility.ts";
import type { UnmetCondition } from "../../src/conditions/unmet.ts";
import { memoryUsageStore, settableDevice, type UsageStore } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";

interface Scene {
  readonly clock: ManualClock;
  readonly device: ReturnType<typeof settableDevice>;
  readonly eligibility: Eligibility;
}

/** @param hour - What the device's clock shows. */
function scene(
  own: Conditions | undefined,
  { hour = 12, usage = memoryUsageStore() }: { hour?: number; usage?: UsageStore } = {},
): Scene {
  const clock = new ManualClock(new Date(2026, 10, 30, hour).getTime());
  const device = settableDevice({ charging: false, battery: 0.9 });
  return {
    clock,
    device,
    eligibility: new Eligibility({ device, clock, usage, name: "test", own }),
  };
}

const planned = (conditions: Conditions, task = "task"): PlannedWork => ({
  id: `plan of ${task}` as PlanId,
  plan: { task, conditions },
});

const never = new AbortController().signal;
/** Work that ends when it is stopped. */
const untilStopped = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true }),
  );

const HOUR_MS = 3_600_000;

describe("whether a client may work", () => {
  it("is decided by the plan and by the app: both must be met", async () => {
    const own: Conditions = { minimumBattery: 0.5, unknown: "unmet" };
    const { device, eligibility } = scene(own);
    const plan = planned({ charging: true, unknown: "unmet" });
    const names = async (): Promise<readonly string[]> =>
      (await eligibility.unmet(plan, never)).map(
        ({ condition, askedBy }) => `${askedBy} ${condition}`,
      );
    expect(await names()).toEqual(["plan charging"]);
    device.set({ charging: true, battery: 0.4 });
    expect(await names()).toEqual(["app minimumBattery"]);
    device.set({ charging: false, battery: 0.4 });
    expect(await names()).toEqual(["app minimumBattery", "plan charging"]);
    device.set({ charging: true, battery: 0.5 });
    expect(await names()).toEqual([]);
  });

  it("takes the stricter of two minima", async () => {
    const { eligibility } = scene({ minimumBattery: 0.95, unknown: "unmet" });
    const lower = planned({ minimumBattery: 0.5, unknown: "unmet" });
    expect(await eligibility.unmet(lower, never)).toMatchObject([{ askedBy: "app" }]);
    const { eligibility: other } = scene({ minimumBattery: 0.5, unknown: "unmet" });
    const higher = planned({ minimumBattery: 0.95, unknown: "unmet" });
    expect(await other.unmet(higher, never)).toMatchObject([{ askedBy: "plan" }]);
  });

  it("changes when its hours begin and end, without a word from the device", async () => {
    const { clock, eligibility } = scene({
      hours: { from: "22:00", to: "06:00" },
      unknown: "unmet",
    });
    const told: (readonly UnmetCondition[])[] = [];
    const ready = eligibility.ready(never, (unmet) => told.push(unmet));
    await clock.untilPending(10 * HOUR_MS);
    clock.advance(10 * HOUR_MS);
    await ready;
    expect(told).toEqual([[{ condition: "hours", askedBy: "app", isKnown: true }]]);
    const work = eligibility.whileMet(undefined, never, untilStopped);
    await clock.untilPending(8 * HOUR_MS);
    clock.advance(8 * HOUR_MS);
    await expect(work).rejects.toMatchObject({ code: "CONDITIONS_UNMET" });
    expect(clock.pendingCount).toBe(0);
  });

  it("is told anew when other conditions are unmet, and ends when the app stops the client", async () => {
    const { device, eligibility } = scene({
      charging: true,
      minimumBattery: 0.5,
      unknown: "unmet",
    });
    const told: string[] = [];
    const stop = new AbortController();
    const ready = eligibility.ready(stop.signal, (unmet) =>
      told.push(unmet.map(({ condition }) => condition).join()),
    );
    await new Promise((resolve) => setImmediate(resolve));
    device.set({ charging: false, battery: 0.4 });
    await new Promise((resolve) => setImmediate(resolve));
    device.set({ charging: true, battery: 0.4 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(["charging", "charging,minimumBattery", "minimumBattery"]);
    stop.abort();
    await expect(ready).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("leaves work alone that ends or fails by itself", async () => {
    const { eligibility, clock } = scene({ minimumBattery: 0.5, unknown: "unmet" });
    expect(await eligibility.whileMet(undefined, never, () => Promise.resolve(7))).toBe(7);
    const fault = new Error("of the work");
    await expect(eligibility.whileMet(undefined, never, () => Promise.reject(fault))).rejects.toBe(
      fault,
    );
    expect(clock.pendingCount).toBe(0);
  });
});

describe("a budget of a day", () => {
  const BUDGET: Conditions = { dailySeconds: 100, unknown: "unmet" };

  it("is a plan's own for its task, and the app's for all tasks together", async () => {
    const { clock, eligibility } = scene({ dailySeconds: 150, unknown: "unmet" });
    const work = (task: string): Promise<void> =>
      eligibility.whileMet(planned(BUDGET, task), never, () => {
        clock.advance(90_000);
        return Promise.resolve();
      });
    await work("one");
    expect(await eligibility.unmet(planned(BUDGET, "one"), never)).toEqual([]);
    await work("two");
    expect(await eligibility.unmet(planned(BUDGET, "two"), never)).toEqual([
      { condition: "dailySeconds", askedBy: "app", isKnown: true },
    ]);
  });

  it("begins anew at midnight by the device's clock", async () => {
    const { clock, eligibility } = scene(BUDGET, { hour: 23 });
    await eligibility.whileMet(planned(BUDGET), never, () => {
      clock.advance(200_000);
      return Promise.resolve();
    });
    const ready = eligibility.ready(never, () => {});
    await clock.untilPending(HOUR_MS - 200_000);
    clock.advance(HOUR_MS - 200_000);
    await ready;
  });

  it("of battery counts what the battery has lost, nothing while it charges, and an estimate if it is unknown", async () => {
    const budget: Conditions = { dailyBattery: 0.1, unknown: "unmet" };
    const { clock, device, eligibility } = scene(budget);
    const work = (change: () => void): Promise<void> =>
      eligibility.whileMet(planned(budget), never, () => {
        change();
        return Promise.resolve();
      });
    const isSpent = async (): Promise<boolean> =>
      (await eligibility.unmet(planned(budget), never)).length > 0;
    await work(() => device.set({ charging: false, battery: 0.85 }));
    expect(await isSpent()).toBe(false);
    device.set({ charging: true, battery: 0.85 });
    await work(() => clock.advance(36_000_000));
    expect(await isSpent()).toBe(false);
    device.set({});
    // A twentieth of the four hours that a battery is taken to last.
    await work(() => clock.advance(720_000));
    expect(await isSpent()).toBe(true);
  });

  it("is unknown where the device does not let the client keep account", async () => {
    const usage: UsageStore = {
      load: () => Promise.reject(new DOMException("no", "SecurityError")),
      save: () => Promise.reject(new DOMException("no", "SecurityError")),
    };
    const { eligibility } = scene(BUDGET, { usage });
    expect(await eligibility.unmet(undefined, never)).toEqual([
      { condition: "dailySeconds", askedBy: "app", isKnown: false },
    ]);
    const lenient = scene({ ...BUDGET, unknown: "met" }, { usage });
    expect(await lenient.eligibility.unmet(undefined, never)).toEqual([]);
  });
});
