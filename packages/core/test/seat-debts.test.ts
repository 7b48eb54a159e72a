import { describe, expect, it } from "vitest";

import { SeatDebts } from "../src/rounds/seat-debts.ts";

const SECOND = 1_000;

function debtsOf(maxSites = 100): SeatDebts {
  return new SeatDebts({ maxWastedSeats: 4, forgivenMs: 10 * SECOND, maxSites });
}

function waste(debts: SeatDebts, site: string, seats: number, nowMs = 0): void {
  for (let seat = 0; seat < seats; seat++) debts.waste(site, nowMs);
}

describe("what a site has made of its seats", () => {
  it("makes its clients wait once it has wasted too many, and for longer the more it has wasted", () => {
    const debts = debtsOf();
    waste(debts, "loop", 4);
    expect(debts.waitMs("loop", 0)).toBe(0);
    waste(debts, "loop", 2);
    expect(debts.waitMs("loop", 0)).toBe(20 * SECOND);
    expect(debts.waitMs("other", 0)).toBe(0);
    waste(debts, "loop", 50);
    expect(debts.waitMs("loop", 0)).toBe(60 * SECOND);
  });

  it("is forgiven with time, one seat after the other", () => {
    const debts = debtsOf();
    waste(debts, "loop", 6);
    expect(debts.waitMs("loop", 19 * SECOND)).toBe(SECOND);
    expect(debts.waitMs("loop", 20 * SECOND)).toBe(0);
    expect(debts.isInDebt("loop", 49 * SECOND)).toBe(true);
    expect(debts.isInDebt("loop", 50 * SECOND)).toBe(false);
  });

  it("is made good by reports that count, also in advance", () => {
    const debts = debtsOf();
    for (let report = 0; report < 80; report++) debts.earn("office", 0);
    waste(debts, "office", 80);
    expect(debts.isInDebt("office", 0)).toBe(false);
    waste(debts, "office", 2);
    expect(debts.isInDebt("office", 0)).toBe(true);
    debts.earn("office", 0);
    expect(debts.isInDebt("office", 0)).toBe(false);
  });

  it("takes no notice of one lost connection", () => {
    const debts = debtsOf();
    debts.waste("home", 0);
    expect(debts.isInDebt("home", 0)).toBe(false);
  });

  it("is remembered for a bounded number of sites, those that changed last", () => {
    const debts = debtsOf(10);
    for (let site = 0; site < 1_000; site++) waste(debts, `${site}`, 6);
    expect(debts.size).toBe(10);
    expect(debts.waitMs("0", 0)).toBe(0);
    expect(debts.waitMs("999", 0)).toBeGreaterThan(0);
  });
});
