import type { ConditionName, Conditions } from "@tributary/protocol";
import type { DeviceState } from "./device-conditions.ts";
import { isWithin } from "./local-time.ts";
import type { Spent } from "./usage-store.ts";

/** What conditions are held against. */
export interface DeviceFacts extends DeviceState {
  /** The time of day, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** What was spent today; undefined where the device cannot keep account of it. */
  readonly spent: Spent | undefined;
}

/** Everything that there is to say about one condition. */
interface Condition<Wanted> {
  /** Whether the device meets it; undefined when that is unknown. */
  holds(this: void, wanted: Wanted, facts: DeviceFacts): boolean | undefined;
  /** When the device may work, as what follows "only while". */
  words(this: void, wanted: Wanted): string;
}

const flag = (
  words: string,
  holds: (facts: DeviceFacts) => boolean | undefined,
): Condition<boolean> => ({
  holds: (_wanted, facts) => holds(facts),
  words: () => words,
});

const not = (value: boolean | undefined): boolean | undefined =>
  value === undefined ? undefined : !value;
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

type Table = { readonly [Name in ConditionName]: Condition<Required<Conditions>[Name]> };

/** One line for each condition. */
const CONDITIONS: Table = {
  charging: flag("the device is on external power", ({ charging }) => charging),
  minimumBattery: {
    holds: (least, { battery }) => (battery === undefined ? undefined : battery >= least),
    words: (least) => `the battery is charged to at least ${percent(least)}`,
  },
  unmetered: flag("the network has no data allowance", ({ unmetered }) => unmetered),
  dataSaverOff: flag("nobody has asked to save data", ({ dataSaver }) => not(dataSaver)),
  idle: flag("nobody uses the device", ({ idle }) => idle),
  hidden: flag("the page is not shown", ({ hidden }) => hidden),
  unburdened: flag("the processor has room for more work", ({ burdened }) => not(burdened)),
  hours: {
    holds: (hours, { nowMs }) => isWithin(hours, nowMs),
    words: ({ from, to }) => `it is between ${from} and ${to} on the device`,
  },
  dailySeconds: {
    holds: (most, { spent }) => (spent === undefined ? undefined : spent.seconds < most),
    words: (most) => `the work of the day has taken less than ${most} s`,
  },
  dailyBattery: {
    holds: (most, { spent }) => (spent === undefined ? undefined : spent.battery < most),
    words: (most) => `the work of the day has taken less than ${percent(most)} of the battery`,
  },
};

const conditionNames = Object.keys(CONDITIONS) as readonly ConditionName[];

/** A condition that somebody asks for. */
export interface AskedCondition {
  readonly name: ConditionName;
  /** Whether a device meets it; undefined when that is unknown. */
  readonly isMet: (facts: DeviceFacts) => boolean | undefined;
  /** When the device may work, as what follows "only while". */
  readonly words: string;
}

/** The conditions that are asked for, in the order of the table. */
export function askedFor(conditions: Conditions): readonly AskedCondition[] {
  return conditionNames.flatMap((name) => {
    const wanted = conditions[name];
    return wanted === undefined || wanted === false ? [] : [asked(name, wanted)];
  });
}

function asked<Name extends ConditionName>(
  name: Name,
  wanted: Required<Conditions>[Name],
): AskedCondition {
  const { holds, words } = CONDITIONS[name];
  return { name, isMet: (facts) => holds(wanted, facts), words: words(wanted) };
}
