/** A time of day like `22:30`, by the clock of the device. */
export type TimeOfDay = string;

/** What a device must be like, for as long as it works on a round. Whatever is left out may be as it likes. */
export interface Conditions {
  /** The device is on external power. */
  readonly charging?: boolean;
  /** The least charge of the battery, as a share from 0 to 1. Devices without a battery have enough. */
  readonly minimumBattery?: number;
  /** The network has no data allowance. */
  readonly unmetered?: boolean;
  /** Nobody has asked the device to save data. */
  readonly dataSaverOff?: boolean;
  /** Nobody uses the device. */
  readonly idle?: boolean;
  /** The page that the client works for is not shown. */
  readonly hidden?: boolean;
  /** The processor has room for more work. */
  readonly unburdened?: boolean;
  /** The hours in which the device may work, by its own clock; past midnight where `to` is before `from`. */
  readonly hours?: { readonly from: TimeOfDay; readonly to: TimeOfDay };
  /** The most seconds of work in a day of the device. */
  readonly dailySeconds?: number;
  /** The most that work may take of the battery in a day of the device, as a share from 0 to 1. */
  readonly dailyBattery?: number;
  /** What a condition counts as of which the device cannot tell whether it holds. */
  readonly unknown: UnknownCondition;
}

/** What a condition can count as of which a device cannot tell. */
export const unknownConditionNames = ["unmet", "met"] as const;

/** What a condition counts as of which a device cannot tell. */
export type UnknownCondition = (typeof unknownConditionNames)[number];

/** The name of a condition. */
export type ConditionName = Exclude<keyof Conditions, "unknown">;
