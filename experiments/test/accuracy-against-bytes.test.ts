import { expect, it } from "vitest";
import { readRecord } from "../papers/record-file.mjs";

const runs = readRecord("accuracy-against-bytes")!.parts["codecs"]!.runs;
const run = (variant: string): (typeof runs)[number] =>
  runs.find((one) => one.variant === variant)!;

const CODECS = ["float32", "8 bits", "4 bits", "2 bits", "1 bit", "0.5 bits", "0.125 bits"];

it("reaches the target with every codec, with fewer bytes up for fewer bits, in about as many rounds", () => {
  const all = [...CODECS, "0.0625 bits"].map(run);
  const { roundsToTarget } = run("float32");
  for (const [index, { bytesUpToTarget, roundsToTarget: rounds }] of all.entries()) {
    const more = all[index - 1]?.bytesUpToTarget ?? Infinity;
    expect(bytesUpToTarget).toBeLessThan(more);
    expect(rounds! / roundsToTarget!).toBeLessThan(1.3);
  }
});

it("saves downwards only what clients hold", () => {
  const perRound = (variant: string): number => {
    const { bytesDownToTarget, roundsToTarget } = run(variant);
    return bytesDownToTarget! / roundsToTarget!;
  };
  const saved = 1 - perRound("4 bits, differences down") / perRound("4 bits");
  expect(saved).toBeGreaterThan(0.02);
  expect(saved).toBeLessThan(0.15);
});

it("needs more than ten times the rounds with FedSGD", () => {
  const ratio = run("FedSGD, float32").roundsToTarget! / run("float32").roundsToTarget!;
  expect(ratio).toBeGreaterThan(10);
});
