import { describe, expect, it } from "vitest";
import { parseOptions } from "../peers/options.mjs";
import { reportOf, tableOf } from "../peers/report.mjs";

describe("the command line of the comparison with peers", () => {
  it("measures all peers three times unless it says otherwise", () => {
    const usual = { workload: "lr-50x50", rounds: 30, repeats: 3, seed: 1, json: false };
    expect(parseOptions([])).toMatchObject({ ...usual, peers: ["torch", "pfl", "flwr"] });
    expect(parseOptions(["--engine", "native", "--threads", "2"])).toMatchObject({
      ...{ engine: "native", threads: 2 },
    });
    const said = parseOptions(["--workload", "lr-10x60", "--peers", "flwr,pfl", "--json"]);
    expect(said).toMatchObject({ workload: "lr-10x60", rounds: 60, peers: ["pfl", "flwr"] });
  });

  it.each([
    [["--workload", "lr-100000"], /no workload lr-100000 for peers: use one of lr-50x50/],
    [["--peers", "torch,jax"], /no peer jax: use some of torch,pfl,flwr/],
    [["--rounds", "0"], /--rounds is 0, and must be a whole number of at least 1/],
    [["--engine", "tfjs"], /no engine tfjs for peers: use fused or native/],
    [["--threads", "0"], /--threads is 0/],
    [["--repeats", "1.5"], /--repeats is 1.5/],
    [["--seed", ""], /--seed is /],
    [["--fast"], /--fast/],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});

describe("the report of the comparison", () => {
  const measured = (secondsPerRound: number, finalLoss = 2, version = "1.0") => ({
    ...{ secondsPerRound, finalLoss, version },
  });
  const ours = [measured(0.01), measured(0.02), measured(0.04)];
  const report = reportOf(ours, {
    // The ratios are 10, 20 and 5.
    torch: [measured(0.1), measured(0.4), measured(0.2)],
    pfl: [measured(1, 2.1), measured(1, 2.1), measured(1, 2.1)],
    flwr: { missing: "No matching distribution found for flwr" },
  });

  it("divides what was measured beside each other, and takes medians", () => {
    expect(report.ours.secondsPerRound).toBe(0.02);
    expect(report).toMatchObject({ torch: { secondsPerRound: 0.2, ratio: 10 } });
    expect(report.ratios).toEqual({ torch: 10, pfl: 50, flwr: null });
  });

  it("says who has not learnt the same", () => {
    expect(report).toMatchObject({ torch: { learnsTheSame: true }, pfl: { learnsTheSame: false } });
  });

  it("shows an engine of ours beside the peers, which has no version", () => {
    const fused = { secondsPerRound: 0.08, finalLoss: 2 };
    const beside = reportOf([measured(0.04)], { fused: [fused] });
    expect(tableOf(beside)).toContain("| fused | 0.08 | 2 × | 2 |");
  });

  it("shows a peer that could not be installed, with the reason", () => {
    expect(tableOf(report)).toEqual([
      "| | seconds a round | of ours | final loss |",
      "|---|---|---|---|",
      "| ours | 0.02 | 1 × | 2 |",
      "| torch 1.0 | 0.2 | 10 × | 2 |",
      "| pfl 1.0 | 1 | 50 × | 2.1 |",
      "| flwr | missing: No matching distribution found for flwr | | |",
    ]);
  });
});
