import { readFile, readdir } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import type { Clock } from "@tributary/protocol";
import type { DeviceConditions, DeviceState } from "../conditions/device-conditions.ts";

/** Where a machine's state is read. */
export interface MachineDeviceOptions {
  readonly clock: Clock;
  /** The folder of the kernel's power supplies. Linux only. */
  readonly powerSupplies?: string;
  /** The mean number of programs that have wanted to run in the last minute; undefined if unknown. */
  readonly load?: () => number | undefined;
  /** How many can run at once. */
  readonly processors?: number;
}

/** The kernel sends no events of its power supplies through files, milliseconds. */
const READ_EVERY_MS = 5_000;

/**
 * The machine that a program in Node runs on. Of batteries and power it knows what Linux says in
 * `/sys/class/power_supply`, and elsewhere nothing. A program is never shown. Networks and people are
 * unknown to it.
 */
export function machineDevice({
  clock,
  powerSupplies = "/sys/class/power_supply",
  load = () => (process.platform === "win32" ? undefined : loadavg()[0]),
  processors = availableParallelism(),
}: MachineDeviceOptions): DeviceConditions {
  const read = async (): Promise<DeviceState> => {
    const average = load();
    return {
      ...powerState(await readSupplies(powerSupplies)),
      hidden: true,
      burdened: average === undefined ? undefined : average > processors,
    };
  };
  return {
    watch(tell) {
      let isWatched = true;
      let cancel = (): void => {};
      const look = async (last?: string): Promise<void> => {
        const state = await read();
        if (!isWatched) return;
        const text = JSON.stringify(state);
        cancel = clock.schedule(READ_EVERY_MS, () => void look(text));
        if (text !== last) tell(state);
      };
      void look();
      return () => {
        isWatched = false;
        cancel();
      };
    },
  };
}

/** What the kernel says of one power supply: the contents of its files, by their names. */
type Supply = Readonly<Record<"type" | "scope" | "online" | "status" | "capacity", string>>;

/** @returns undefined where the kernel does not say. */
async function readSupplies(folder: string): Promise<readonly Supply[] | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  return names && Promise.all(names.map((name) => readSupply(join(folder, name))));
}

async function readSupply(folder: string): Promise<Supply> {
  const read = async (file: string): Promise<string> =>
    (await readFile(join(folder, file), "utf8").catch(() => "")).trim();
  const files = ["type", "scope", "online", "status", "capacity"] as const;
  const contents = await Promise.all(files.map(async (file) => [file, await read(file)] as const));
  return Object.fromEntries(contents) as Supply;
}

/** Batteries that are being charged, or are full, have power from outside. */
const POWERED = ["Charging", "Full", "Not charging"];

/** @param supplies - Undefined where nothing is known. */
function powerState(supplies: readonly Supply[] | undefined): DeviceState {
  if (supplies === undefined) return {};
  // A mouse or a headset may have a battery of its own.
  const own = supplies.filter(({ scope }) => scope !== "Device");
  const batteries = own.filter(({ type }) => type === "Battery");
  if (batteries.length === 0) return { charging: true, battery: 1 };
  const sources = own.filter(({ type, online }) => type !== "Battery" && online !== "");
  const isPlugged = sources.some(({ online }) => online !== "0");
  const statuses = batteries.map(({ status }) => status);
  const isKnown =
    sources.length > 0 || statuses.every((status) => !["", "Unknown"].includes(status));
  const charges = batteries.map(({ capacity }) => Number.parseFloat(capacity) / 100);
  const charge = charges.reduce((sum, one) => sum + one, 0) / charges.length;
  return {
    charging: isKnown ? isPlugged || statuses.some((one) => POWERED.includes(one)) : undefined,
    battery: Number.isFinite(charge) ? charge : undefined,
  };
}
