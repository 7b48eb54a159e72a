import { describe, expect, it } from "vitest";
import { clientCount, drawSynthetic, rowsOf, type Dataset } from "../src/index.ts";
import { testRandom } from "./support.ts";

const draw = (options: Partial<Parameters<typeof drawSynthetic>[0]> = {}): Dataset =>
  drawSynthetic({ alpha: 1, beta: 1, iid: false, clients: 30, random: testRandom(1), ...options });

/** The mean of the first features of each client's examples. */
function meansOf({ train, clients }: Dataset): number[] {
  const { rows } = clients!.train;
  return Array.from({ length: clientCount(clients!.train) }, (_, client) => {
    const own = rowsOf({ rows, offsets: clients!.train.offsets }, client);
    let sum = 0;
    for (const row of own) for (let j = 0; j < 60; j++) sum += train.features[row * 60 + j]!;
    return sum / own.length / 60;
  });
}

const deviationOf = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

describe("synthetic(α, β)", () => {
  it("has the paper's shapes, with a tenth of each client's examples held out", () => {
    const data = draw();
    expect(data).toMatchObject({ name: "synthetic(1, 1)", classCount: 10 });
    expect(data.train.featureShape).toEqual([60]);
    const [train, test] = [data.clients!.train, data.clients!.test!];
    for (let client = 0; client < 30; client++) {
      const [trained, tested] = [rowsOf(train, client).length, rowsOf(test, client).length];
      expect(trained + tested).toBeGreaterThanOrEqual(50);
      expect(trained).toBe(Math.floor(0.9 * (trained + tested)));
    }
    expect(data.train.labels.every((label) => label >= 0 && label < 10)).toBe(true);
  });

  it("draws sizes log-normally, with a median of 50 and e⁴", () => {
    const { offsets } = draw({ clients: 150 }).clients!.train;
    const sizes = Array.from({ length: 150 }, (_, i) => (offsets[i + 1]! - offsets[i]!) / 0.9);
    sizes.sort((a, b) => a - b);
    expect(sizes[75]! - 50).toBeGreaterThan(35);
    expect(sizes[75]! - 50).toBeLessThan(85);
    expect(deviationOf(sizes.map((size) => Math.log(size - 45)))).toBeGreaterThan(1.5);
  });

  it("makes clients' features differ by β, which is a standard deviation", () => {
    const spread = (beta: number): number =>
      deviationOf(meansOf(draw({ beta, clients: 200, examplesPerClient: 10 })));
    // Besides β, the means of 60 features with a deviation of 1 contribute √(1/60).
    expect(spread(0)).toBeCloseTo(Math.sqrt(1 / 60), 1);
    expect(spread(2)).toBeGreaterThan(1.8);
    expect(spread(2)).toBeLessThan(2.2);
  });

  it("has the same distribution everywhere when it is iid", () => {
    const data = draw({ iid: true, clients: 100, examplesPerClient: 100 });
    expect(data.name).toBe("synthetic(iid)");
    expect(deviationOf(meansOf(data))).toBeLessThan(0.02);
  });

  it("draws the same client from the same seed in a population of any size", () => {
    const small = (clients: number, seed = 1): Dataset =>
      draw({ clients, examplesPerClient: 20, random: testRandom(seed) });
    const [few, many] = [small(3), small(5)];
    const own = rowsOf(few.clients!.train, 2);
    expect(rowsOf(many.clients!.train, 2)).toEqual(own);
    const last = own.at(-1)!;
    expect(many.train.features.slice(last * 60, last * 60 + 60)).toEqual(
      few.train.features.slice(last * 60, last * 60 + 60),
    );
    expect(small(3)).toEqual(few);
    expect(small(3, 2)).not.toEqual(few);
  });
});
