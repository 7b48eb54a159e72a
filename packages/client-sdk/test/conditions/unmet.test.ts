import { readFile } from "node:fs/promises";
import type { ConditionName, Conditions } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../src/conditions/condition-table.ts";
import { conditionsSentence, unmetConditions } from "../../src/conditions/unmet.ts";

/** The moment when the clock of the device shows a time of day. */
const at = (hours: number, minutes: number): number =>
  new Date(2026, 10, 30, hours, minutes).getTime();

const NOTHING_KNOWN: DeviceFacts = { nowMs: at(12, 0), spent: undefined };

interface Case {
  readonly wanted: Omit<Conditions, "unknown">;
  readonly met: readonly Partial<DeviceFacts>[];
  readonly unmet: readonly Partial<DeviceFacts>[];
  /** Whether a device may be unable to tell. */
  readonly mayBeUnknown: boolean;
  readonly words: string;
}

const spent = (seconds: number, battery: number): Partial<DeviceFacts> => ({
  spent: { seconds, battery },
});

/** One line for each condition; the compiler asks for those that come. */
const CASES: Readonly<Record<ConditionName, Case>> = {
  charging: {
    wanted: { charging: true },
    met: [{ charging: true }],
    unmet: [{ charging: false }],
    mayBeUnknown: true,
    words: "the device is on external power",
  },
  minimumBattery: {
    wanted: { minimumBattery: 0.3 },
    met: [{ battery: 0.3 }, { battery: 1 }],
    unmet: [{ battery: 0.29 }, { battery: 0 }],
    mayBeUnknown: true,
    words: "the battery is charged to at least 30 %",
  },
  unmetered: {
    wanted: { unmetered: true },
    met: [{ unmetered: true }],
    unmet: [{ unmetered: false }],
    mayBeUnknown: true,
    words: "the network has no data allowance",
  },
  dataSaverOff: {
    wanted: { dataSaverOff: true },
    met: [{ dataSaver: false }],
    unmet: [{ dataSaver: true }],
    mayBeUnknown: true,
    words: "nobody has asked to save data",
  },
  idle: {
    wanted: { idle: true },
    met: [{ idle: true }],
    unmet: [{ idle: false }],
    mayBeUnknown: true,
    words: "nobody uses the device",
  },
  hidden: {
    wanted: { hidden: true },
    met: [{ hidden: true }],
    unmet: [{ hidden: false }],
    mayBeUnknown: true,
    words: "the page is not shown",
  },
  unburdened: {
    wanted: { unburdened: true },
    met: [{ burdened: false }],
    unmet: [{ burdened: true }],
    mayBeUnknown: true,
    words: "the processor has room for more work",
  },
  hours: {
    wanted: { hours: { from: "22:00", to: "06:30" } },
    met: [{ nowMs: at(22, 0) }, { nowMs: at(0, 0) }, { nowMs: at(6, 29) }],
    unmet: [{ nowMs: at(21, 59) }, { nowMs: at(6, 30) }, { nowMs: at(12, 0) }],
    mayBeUnknown: false,
    words: "it is between 22:00 and 06:30 on the device",
  },
  dailySeconds: {
    wanted: { dailySeconds: 60 },
    met: [spent(0, 0), spent(59.9, 0.9)],
    unmet: [spent(60, 0), spent(90, 0)],
    mayBeUnknown: true,
    words: "the work of the day has taken less than 60 s",
  },
  dailyBattery: {
    wanted: { dailyBattery: 0.05 },
    met: [spent(0, 0), spent(900, 0.049)],
    unmet: [spent(0, 0.05), spent(0, 0.2)],
    mayBeUnknown: true,
    words: "the work of the day has taken less than 5 % of the battery",
  },
};

describe.each(Object.entries(CASES))(
  "the condition %s",
  (condition, { wanted, met, unmet, mayBeUnknown, words }) => {
    const of = (facts: Partial<DeviceFacts>, unknown: Conditions["unknown"] = "unmet"): unknown =>
      unmetConditions({ ...wanted, unknown }, { ...NOTHING_KNOWN, ...facts }, "plan");

    it("is met and unmet by devices that can tell, whatever unknown ones count as", () => {
      for (const unknown of ["met", "unmet"] as const) {
        for (const facts of met) expect(of(facts, unknown)).toEqual([]);
        for (const facts of unmet) {
          expect(of(facts, unknown)).toEqual([{ condition, askedBy: "plan", isKnown: true }]);
        }
      }
    });

    it("counts as the plan says where the device cannot tell", () => {
      // Every device has a clock, which shows noon here.
      const isKnown = !mayBeUnknown;
      const unmetNow = [{ condition, askedBy: "plan", isKnown }];
      expect(of({}, "met")).toEqual(isKnown ? unmetNow : []);
      expect(of({}, "unmet")).toEqual(unmetNow);
    });

    it("is not held to where nobody asks for it", () => {
      for (const facts of unmet) {
        expect(
          unmetConditions({ unknown: "unmet" }, { ...NOTHING_KNOWN, ...facts }, "app"),
        ).toEqual([]);
      }
    });

    it("is said in plain words", () => {
      expect(conditionsSentence({ ...wanted, unknown: "unmet" })).toBe(
        `It works only while ${words}. What the device cannot tell counts as not so.`,
      );
    });
  },
);

describe("the conditions", () => {
  it("are all in the table of docs/trust.md", async () => {
    const text = await readFile(new URL("../../../../docs/trust.md", import.meta.url), "utf8");
    const table = text.slice(
      text.indexOf("| condition |"),
      text.indexOf("What the device cannot tell"),
    );
    const documented = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(documented).toEqual(Object.keys(CASES));
  });
});

describe("several conditions", () => {
  it("are all named that are unmet, and said in one sentence", () => {
    const conditions: Conditions = { charging: true, idle: true, hidden: false, unknown: "met" };
    const facts = { ...NOTHING_KNOWN, charging: false, idle: false };
    expect(unmetConditions(conditions, facts, "app")).toEqual([
      { condition: "charging", askedBy: "app", isKnown: true },
      { condition: "idle", askedBy: "app", isKnown: true },
    ]);
    expect(conditionsSentence(conditions)).toBe(
      "It works only while the device is on external power, and nobody uses the device. What the device cannot tell counts as so.",
    );
    expect(conditionsSentence(undefined)).toBeUndefined();
    expect(conditionsSentence({ charging: false, unknown: "unmet" })).toBeUndefined();
  });

  it("hold within hours that lie in one day", () => {
    const conditions: Conditions = { hours: { from: "09:00", to: "17:00" }, unknown: "unmet" };
    const isUnmet = (nowMs: number): boolean =>
      unmetConditions(conditions, { nowMs, spent: undefined }, "app").length > 0;
    expect([at(8, 59), at(9, 0), at(16, 59), at(17, 0)].map(isUnmet)).toEqual([
      ...[true, false, false, true],
    ]);
  });
});
