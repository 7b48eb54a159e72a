import { describe, expect, it } from "vitest";
import { ManualClock } from "@tributary/protocol/testing";
import { EventLoopDelay, type DelayMonitor } from "../src/telemetry/event-loop-delay.ts";

/** A monitor whose intervals a test enters by hand. */
class HandMonitor implements DelayMonitor {
  #intervals: number[] = [];
  isEnabled = false;

  get count(): number {
    return this.#intervals.length;
  }
  enable(): void {
    this.isEnabled = true;
  }
  disable(): void {
    this.isEnabled = false;
  }
  reset(): void {
    this.#intervals = [];
  }
  percentile(percent: number): number {
    const sorted = this.#intervals.toSorted((a, b) => a - b);
    return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0;
  }
  record(intervalMs: number): void {
    this.#intervals.push(intervalMs * 1e6);
  }
}

function measure() {
  const clock = new ManualClock(0);
  const monitors: HandMonitor[] = [];
  const delay = new EventLoopDelay(clock, () => {
    const monitor = new HandMonitor();
    monitors.push(monitor);
    return monitor;
  });
  const record = (intervalMs: number): void => {
    for (const monitor of monitors) monitor.record(intervalMs);
  };
  return { clock, delay, monitors, record };
}

describe("the delay of the event loop", () => {
  it("is what is more than the planned interval, by quantile", () => {
    const { delay, record } = measure();
    expect(delay.quantile(1)).toBe(0);
    for (const intervalMs of [10, 10, 10, 260]) record(intervalMs);
    expect(delay.quantile(0.5)).toBe(0);
    expect(delay.quantile(1)).toBe(0.25);
  });

  it("is the same for every reader, and is forgotten by the clock and not by reading", () => {
    const { clock, delay, record } = measure();
    record(510);
    expect([delay.quantile(1), delay.quantile(1)]).toEqual([0.5, 0.5]);
    clock.advance(30_000);
    record(20);
    expect([delay.quantile(1), delay.quantile(1)]).toEqual([0.5, 0.5]);
    clock.advance(30_000);
    expect(delay.quantile(1)).toBe(0.01);
    clock.advance(30_000);
    expect(delay.quantile(1)).toBe(0);
  });

  it("is measured no longer after the end", () => {
    const { clock, delay, monitors } = measure();
    delay.close();
    delay.close();
    expect(monitors.map(({ isEnabled }) => isEnabled)).toEqual([false, false]);
    expect(clock.pendingCount).toBe(0);
  });
});
