import { seededRandom, type RandomSource } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { parseStrict } from "@tributary/protocol/schemas";
import { describe, expect, it } from "vitest";
import { Population } from "../src/population/population.ts";
import type { Arrival } from "../src/runner/devices.ts";
import { populationOptions } from "../src/population/population-options.ts";

const HOUR_MS = 3_600_000;
const random: RandomSource = seededRandom(createNodeCryptoProvider(), 5);

function population(options: object | string, clients = 1_000): Population {
  const parsed = parseStrict(populationOptions, options, { code: "CONFIG_INVALID", what: "It" });
  return new Population(parsed, new Uint32Array(clients).fill(50), random);
}

const comes = (client: number): Arrival => ({ client, comesMs: 0 });

const WORK = { epochs: 2, bytesDown: 1_000, bytesUp: 500 };

describe("a population of devices", () => {
  it("takes no time when nothing is said about it", () => {
    const course = population("phones").course({ client: 3, comesMs: 7 }, WORK, random);
    expect(course).toEqual({
      ...{ client: 3, comesMs: 7, epochs: 2, configuredMs: 0, reportedMs: 0, leavesMs: Infinity },
    });
  });

  it("downloads, trains and uploads at its own pace", () => {
    const devices = population({
      secondsPerExample: 0.02,
      downloadBytesPerSecond: 1_000,
      uploadBytesPerSecond: 250,
    });
    const { configuredMs, reportedMs } = devices.course(comes(3), WORK, random);
    expect(configuredMs).toBeCloseTo(1_000, 9);
    expect(reportedMs).toBeCloseTo(1_000 + 2_000 + 2_000, 9);
  });

  it.each([
    ["lognormal", { name: "lognormal", median: 0.02, sigma: 1 }, 2_000],
    ["uniform", { name: "uniform", from: 0.01, to: 0.03 }, 2_000],
    ["pareto", { name: "pareto", least: 0.01, shape: 1 }, 2_000],
  ])(
    "has devices of which half are slower than the median: %s",
    (_, secondsPerExample, medianMs) => {
      const devices = population({ secondsPerExample });
      const times = Array.from(
        { length: 1_000 },
        (__, client) => devices.course(comes(client), WORK, random).reportedMs,
      );
      const slower = times.filter((ms) => ms > medianMs).length;
      // A binomial deviation is 16.
      expect(Math.abs(slower - 500)).toBeLessThan(65);
    },
  );

  it("loses as many members as the probability says, before they report", () => {
    const devices = population({ secondsPerExample: 0.01, dropout: 0.2 });
    const courses = Array.from({ length: 1_000 }, (_, client) =>
      devices.course(comes(client), WORK, random),
    );
    const lost = courses.filter(({ leavesMs, reportedMs }) => leavesMs < reportedMs);
    expect(Math.abs(lost.length - 200)).toBeLessThan(60);
    expect(
      courses.every(({ leavesMs, reportedMs }) => leavesMs < reportedMs || leavesMs === Infinity),
    ).toBe(true);
  });

  it("has stragglers that make a part of their passes", () => {
    const devices = population({ stragglers: 0.9 });
    const work = { ...WORK, epochs: 20 };
    const epochs = Array.from(
      { length: 1_000 },
      (_, client) => devices.course(comes(client), work, random).epochs,
    );
    // One in ten makes all 20 passes, and of the stragglers one in 20 does.
    expect(Math.abs(epochs.filter((one) => one === 20).length - 145)).toBeLessThan(45);
    expect(Math.min(...epochs)).toBe(1);
  });

  it("gathers whoever is there at an hour, and waits for others", () => {
    const night = Array.from({ length: 24 }, (_, hour) => (hour < 6 ? 0.5 : 0));
    const devices = population({ availability: night }, 100);
    const atNight = devices.gather(random.derive("a"), 2.5 * HOUR_MS, 20);
    expect(atNight.map(({ comesMs }) => comesMs)).toEqual(Array(20).fill(2.5 * HOUR_MS));
    const atNoon = devices.gather(random.derive("b"), 12 * HOUR_MS, 20);
    expect(atNoon.map(({ comesMs }) => comesMs)).toEqual(Array(20).fill(24 * HOUR_MS));
    expect(new Set(atNoon.map(({ client }) => client)).size).toBe(20);
  });

  it("spreads its days over the time zones that it has", () => {
    const oneHour = Array.from({ length: 24 }, (_, hour) => (hour === 0 ? 1 : 0));
    const devices = population({ availability: oneHour, timeZones: 24 }, 240);
    const there = devices.gather(random, 5 * HOUR_MS, 10);
    expect(
      there.every(({ client, comesMs }) => client % 24 === 19 && comesMs === 5 * HOUR_MS),
    ).toBe(true);
  });

  it("gives up on devices that never come", () => {
    expect(population({ availability: 0 }, 10).gather(random, 0, 5)).toEqual([]);
  });

  it("draws the same devices for the same seed", () => {
    const options = {
      secondsPerExample: { name: "lognormal", median: 1, sigma: 1 },
      availability: 0.3,
    };
    const [a, b] = [population(options), population(options)];
    expect(a.course(comes(5), WORK, random)).toEqual(b.course(comes(5), WORK, random));
    expect(a.gather(random.derive("c"), 0, 50)).toEqual(b.gather(random.derive("c"), 0, 50));
  });

  it.each([
    [{ dropout: 1.5 }, /It's dropout is 1.5.*from 0 to 1/],
    [{ availability: [1, 2] }, /availability/],
    [{ speed: 1 }, /speed/],
  ])("is refused with what it cannot have: %j", (options, message) => {
    expect(() => population(options)).toThrow(message);
  });
});
