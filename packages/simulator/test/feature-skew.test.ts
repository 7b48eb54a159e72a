import { describe, expect, it } from "vitest";
import { partitionOptions } from "../src/index.ts";
import { addFeatureNoise, featureSkewOf } from "../src/partition/feature-skew.ts";
import { testRandom } from "./support.ts";

describe("addFeatureNoise", () => {
  const skew = { clients: 10, sigma: 0.5 };
  const noise = (client: number, seed = 1): Float32Array => {
    const features = new Float32Array(20_000);
    addFeatureNoise(features, client, skew, testRandom(seed));
    return features;
  };

  it.each([0, 4, 9])("gives client %d noise in proportion to its number", (client) => {
    const deviation = Math.sqrt(noise(client).reduce((sum, x) => sum + x * x, 0) / 20_000);
    expect(deviation / ((0.5 * (client + 1)) / 10)).toBeCloseTo(1, 1);
  });

  it("gives the same client the same noise, and others other noise", () => {
    expect(noise(3)).toEqual(noise(3));
    expect(noise(3)).not.toEqual(noise(4));
    expect(noise(3)).not.toEqual(noise(3, 2));
  });

  it("is asked for by feature-skew and by nothing else", () => {
    const of = (input: object) => featureSkewOf(partitionOptions.parse(input));
    expect(of({ name: "feature-skew", clients: 10, sigma: 0.5 })).toMatchObject(skew);
    expect(of({ name: "iid", clients: 10 })).toBeUndefined();
  });
});
