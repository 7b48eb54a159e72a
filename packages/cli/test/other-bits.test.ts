import type { StoredResults } from "@tributary/simulator";
import { describe, expect, it } from "vitest";
import { remedyForOtherBits } from "../src/simulate/other-bits.ts";

type Engine = "fused" | "native";

const run = (cpu: string, engine?: Engine): Parameters<typeof remedyForOtherBits>[0] => ({
  environment: { cpu, tributary: "1.2.3", revision: "abc" } as StoredResults["environment"],
  runs: [{ ...(engine && { engine }) } as StoredResults["runs"][number]],
});

describe("an experiment that was repeated to other checkpoints", () => {
  it.each([
    ["another engine", run("A", "native"), run("A", "fused"), /by the engine native.* by fused/],
    ["another processor", run("A", "native"), run("B", "native"), /It ran on A, and this is B/],
    ["another version", run("A", "fused"), run("B", "fused"), /and version 1\.2\.3/],
    ["results that name no engine", run("A"), run("B", "native"), /and version 1\.2\.3/],
  ])("names as the cause: %s", (_, before, after, cause) => {
    expect(remedyForOtherBits(before, after)).toMatch(cause);
  });
});
