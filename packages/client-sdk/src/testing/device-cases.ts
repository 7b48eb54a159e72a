import type { ConformanceCase } from "@tributary/protocol/testing";
import type { DeviceConditions, DeviceState } from "../conditions/device-conditions.ts";
import type { DailyUsage, UsageStore } from "../conditions/usage-store.ts";
import { equal, ok } from "./expectations.ts";

/** What the cases need from the test that runs them. */
export interface DeviceConditionsFixture {
  readonly device: DeviceConditions;
  /** Makes the device another one, and resolves once whoever watches must have been told. */
  readonly change: () => Promise<void>;
}

/** The conformance suite of the `DeviceConditions` port, for any test runner and platform. */
export function deviceConditionsCases(
  open: () => Promise<DeviceConditionsFixture>,
): readonly ConformanceCase[] {
  return Object.entries(OF_DEVICES).map(([name, requirement]) => ({
    name,
    run: async () => requirement(await open()),
  }));
}

type OfDevices = (fixture: DeviceConditionsFixture) => Promise<void>;

const OF_DEVICES: Readonly<Record<string, OfDevices>> = {
  "tells the state by itself, and again when it has changed": async ({ device, change }) => {
    const { states, first, stop } = watched(device);
    await first;
    const before = JSON.stringify(states.at(-1));
    await change();
    ok(JSON.stringify(states.at(-1)) !== before, "the change should have been told");
    stop();
  },
  "tells several at once, and no more to one that has ended": async ({ device, change }) => {
    const [one, other] = [watched(device), watched(device)];
    await Promise.all([one.first, other.first]);
    one.stop();
    const told = one.states.length;
    const before = other.states.length;
    await change();
    equal(one.states.length, told, "the number of states that are told after the end");
    ok(other.states.length > before, "the other one should have been told");
    other.stop();
    // It does no harm to end twice.
    other.stop();
  },
};

function watched(device: DeviceConditions): {
  readonly states: DeviceState[];
  readonly first: Promise<void>;
  readonly stop: () => void;
} {
  const states: DeviceState[] = [];
  let stop = (): void => {};
  const first = new Promise<void>((resolve) => {
    stop = device.watch((state) => {
      states.push(state);
      resolve();
    });
  });
  return { states, first, stop };
}

/**
 * The conformance suite of the `UsageStore` port, for any test runner and platform.
 * @param open - Opens the store. What was kept is to be there again, unless the store is a new one.
 */
export function usageStoreCases(open: () => UsageStore): readonly ConformanceCase[] {
  const usageOf = (seconds: number): DailyUsage => ({
    day: "2026-11-30",
    tasks: { one: { seconds, battery: 0.25 } },
  });
  return [
    {
      name: "has nothing under a name that nothing was saved under",
      run: async () => {
        equal(await open().load("nothing: of/this name"), undefined, "what is loaded");
      },
    },
    {
      name: "gives back what was saved last under each name",
      run: async () => {
        const store = open();
        await store.save("wss://a/ one", usageOf(1));
        await store.save("wss://a/ one", usageOf(2));
        await store.save("wss://a/ two", usageOf(3));
        for (const [name, seconds] of [
          ["wss://a/ one", 2] as const,
          ["wss://a/ two", 3] as const,
        ]) {
          const loaded = JSON.stringify(await store.load(name));
          equal(loaded, JSON.stringify(usageOf(seconds)), `what is loaded under ${name}`);
        }
      },
    },
  ];
}
