import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { memoryUsageStore, settableDevice, type DeviceState } from "../../src/index.ts";
import { createBrowserDevice, type BrowserScope } from "../../src/platform/browser-device.ts";
import { fileUsage } from "../../src/platform/file-usage.ts";
import { machineDevice } from "../../src/platform/machine-device.ts";
import { ManualClock, deviceConditionsCases, usageStoreCases } from "../../src/testing/index.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tributary-device-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

type Supplies = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Makes a folder like the kernel's, in which each power supply is a folder of small files. */
async function write(path: string, supplies: Supplies): Promise<void> {
  for (const [name, files] of Object.entries(supplies)) {
    await mkdir(join(path, name), { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(path, name, file), `${content}\n`);
    }
  }
}

const BATTERY = { type: "Battery", status: "Discharging", capacity: "80" };
const MAINS = { type: "Mains", online: "0" };

describe("the device in memory", () => {
  const open = () => {
    const device = settableDevice({ charging: true });
    const change = (): Promise<void> => Promise.resolve(device.set({ charging: false }));
    return Promise.resolve({ device, change });
  };
  for (const { name, run } of deviceConditionsCases(open)) it(name, run);
});

describe("the machine under Linux", () => {
  const machine = async (supplies: Supplies) => {
    const powerSupplies = await folder();
    await write(powerSupplies, supplies);
    const clock = new ManualClock();
    const device = machineDevice({ clock, powerSupplies, load: () => 0.5, processors: 2 });
    return { clock, powerSupplies, device };
  };
  const first = (device: ReturnType<typeof machineDevice>): Promise<DeviceState> =>
    new Promise((resolve) => {
      const stop = device.watch((state) => {
        resolve(state);
        queueMicrotask(() => stop());
      });
    });

  const open = async () => {
    const { clock, powerSupplies, device } = await machine({ BAT0: BATTERY, AC: MAINS });
    const change = async (): Promise<void> => {
      await write(powerSupplies, { AC: { online: "1" } });
      clock.advance(5_000);
      // The next look is planned once the files have been read.
      await clock.untilPending(5_000);
    };
    return { device, change };
  };
  for (const { name, run } of deviceConditionsCases(open)) it(name, run);

  it.each<[string, Supplies, DeviceState]>([
    ["on battery", { BAT0: BATTERY, AC: MAINS }, { charging: false, battery: 0.8 }],
    [
      "on external power",
      { BAT0: { ...BATTERY, status: "Charging" }, AC: { ...MAINS, online: "1" } },
      { charging: true, battery: 0.8 },
    ],
    [
      "full, of which the power supply says nothing",
      { BAT0: { ...BATTERY, status: "Full", capacity: "100" } },
      { charging: true, battery: 1 },
    ],
    ["with USB power", { BAT1: BATTERY, usb: { type: "USB", online: "1" } }, { charging: true }],
    [
      "with two batteries",
      { BAT0: BATTERY, BAT1: { ...BATTERY, capacity: "20" } },
      { charging: false, battery: 0.5 },
    ],
    [
      "whose battery says nothing",
      { BAT0: { type: "Battery", status: "Unknown" } },
      { charging: undefined, battery: undefined },
    ],
    [
      "without a battery, but for that of a mouse",
      { hidpp: { ...BATTERY, scope: "Device" } },
      { charging: true, battery: 1 },
    ],
    ["without any power supply", {}, { charging: true, battery: 1 }],
  ])("knows of a computer %s what its files say", async (_, supplies, state) => {
    const { device } = await machine(supplies);
    expect(await first(device)).toMatchObject({ ...state, hidden: true, burdened: false });
  });

  it("knows nothing of power where there is no such folder, and of load where there is none", async () => {
    const powerSupplies = join(await folder(), "nowhere");
    const parts = { clock: new ManualClock(), powerSupplies };
    const unknown = machineDevice({ ...parts, load: () => undefined });
    expect(await first(unknown)).toEqual({ hidden: true, burdened: undefined });
    const busy = machineDevice({ ...parts, load: () => 2.1, processors: 2 });
    expect(await first(busy)).toEqual({ hidden: true, burdened: true });
  });

  it("looks no more when nobody watches", async () => {
    const { clock, device } = await machine({});
    const stop = await new Promise<() => void>((resolve) => {
      const end: () => void = device.watch(() => queueMicrotask(() => resolve(end)));
    });
    await clock.untilPending(5_000);
    stop();
    expect(clock.pendingCount).toBe(0);
  });
});

describe("the device of a page", () => {
  /** A target of events with properties that a test changes. */
  const target = <Properties extends object>(properties: Properties) =>
    Object.assign(new EventTarget(), properties);
  const watch = async (scope: BrowserScope) => {
    const states: DeviceState[] = [];
    let stop = (): void => {};
    await new Promise<void>((resolve) => {
      stop = createBrowserDevice(scope).watch((state) => {
        states.push(state);
        resolve();
      });
    });
    return { states, stop };
  };

  const open = () => {
    const battery = target({ charging: true, level: 0.5 });
    const device = createBrowserDevice({
      navigator: { getBattery: () => Promise.resolve(battery) },
    });
    const change = (): Promise<void> => {
      battery.charging = false;
      battery.dispatchEvent(new Event("chargingchange"));
      return Promise.resolve();
    };
    return Promise.resolve({ device, change });
  };
  for (const { name, run } of deviceConditionsCases(open)) it(name, run);

  it("is unknown where the browser has none of the interfaces, or refuses them", async () => {
    expect((await watch({})).states).toEqual([{ unmetered: undefined, dataSaver: undefined }]);
    const refused = (): Promise<never> => Promise.reject(new Error("not allowed"));
    const navigator = { getBattery: refused, permissions: { query: refused } };
    expect((await watch({ navigator })).states[0]).not.toHaveProperty("charging");
  });

  it("tells what each interface knows, and follows their events", async () => {
    const battery = target({ charging: false, level: 0.25 });
    const connection = target({ type: "cellular", saveData: true });
    const document = target({ visibilityState: "visible" });
    const detector = target({
      userState: "active",
      screenState: "unlocked",
      start: async () => {},
    });
    let pressed: (records: readonly { state: string }[]) => void = () => {};
    const { states, stop } = await watch({
      document,
      navigator: {
        connection,
        getBattery: () => Promise.resolve(battery),
        permissions: { query: () => Promise.resolve({ state: "granted" }) },
      },
      // Functions that return an object can be constructed as classes can.
      IdleDetector: function () {
        return detector;
      } as unknown as NonNullable<BrowserScope["IdleDetector"]>,
      PressureObserver: function (changed: typeof pressed) {
        pressed = changed;
        return { observe: () => Promise.resolve(), disconnect() {} };
      } as unknown as NonNullable<BrowserScope["PressureObserver"]>,
    });
    expect(states.at(-1)).toEqual({
      ...{ charging: false, battery: 0.25, unmetered: false, dataSaver: true },
      ...{ hidden: false, idle: false },
    });
    Object.assign(connection, { type: "wifi", saveData: false }).dispatchEvent(new Event("change"));
    Object.assign(document, { visibilityState: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
    detector.screenState = "locked";
    detector.dispatchEvent(new Event("change"));
    battery.level = 0.3;
    battery.dispatchEvent(new Event("levelchange"));
    pressed([{ state: "nominal" }, { state: "critical" }]);
    expect(states.at(-1)).toEqual({
      ...{ charging: false, battery: 0.3, unmetered: true, dataSaver: false },
      ...{ hidden: true, idle: true, burdened: true },
    });
    const told = states.length;
    stop();
    battery.dispatchEvent(new Event("levelchange"));
    expect(states).toHaveLength(told);
  });

  it("asks nobody for the permission to detect idleness", async () => {
    const navigator = { permissions: { query: () => Promise.resolve({ state: "prompt" }) } };
    const IdleDetector = function (): never {
      throw new Error("it was constructed");
    } as unknown as NonNullable<BrowserScope["IdleDetector"]>;
    expect((await watch({ navigator, IdleDetector })).states[0]).not.toHaveProperty("idle");
  });
});

describe("the account of a day", () => {
  const store = memoryUsageStore();
  for (const { name, run } of usageStoreCases(() => store)) it(`in memory ${name}`, run);

  it("in files does what the port asks for", async () => {
    const path = join(await folder(), "made when it is needed");
    for (const { run } of usageStoreCases(() => fileUsage(path))) await run();
  });

  it.each(["", "{", '{"day":1,"tasks":{}}', "null"])(
    "in files counts as none where somebody has written %j",
    async (content) => {
      const path = await folder();
      await writeFile(join(path, "a.json"), content);
      expect(await fileUsage(path).load("a")).toBeUndefined();
    },
  );
});
