import { describe, expect, it } from "vitest";
import {
  DEFAULT_LIMITS,
  PROTOCOL_CONSTANTS,
  isTributaryError,
  resolveLimits,
} from "../src/index.ts";

function refusal(changes: Readonly<Record<string, unknown>>): string {
  try {
    resolveLimits(changes);
  } catch (error) {
    if (isTributaryError(error, "CONFIG_INVALID")) return `${error.message} ${error.remedy ?? ""}`;
    throw error;
  }
  throw new Error("It was accepted");
}

describe("changes to the limits", () => {
  it("replace the defaults one by one", () => {
    expect(resolveLimits()).toEqual(DEFAULT_LIMITS);
    expect(resolveLimits({ maxConnections: 5 })).toEqual({ ...DEFAULT_LIMITS, maxConnections: 5 });
  });

  it("are refused when the name is unknown or the value is not a whole number above 0", () => {
    for (const value of [0, -1, 1.5, NaN, Infinity, "7", undefined]) {
      expect(refusal({ maxConnections: value })).toContain("maxConnections cannot be");
    }
    expect(refusal({ maxConnection: 5 })).toContain("maxConnection cannot be");
    expect(refusal({ toString: 5 })).toContain("toString");
  });

  it.each(Object.entries(PROTOCOL_CONSTANTS))(
    "cannot touch %s, on which both sides have to agree",
    (name, value) => {
      for (const other of [value, value - 1, 2 * value]) {
        expect(refusal({ [name]: other })).toMatch(
          new RegExp(`^${name} is a constant of the protocol`),
        );
      }
    },
  );
});

it("No name is both a limit and a constant of the protocol", () => {
  expect(Object.keys(DEFAULT_LIMITS).filter((name) => name in PROTOCOL_CONSTANTS)).toEqual([]);
});
