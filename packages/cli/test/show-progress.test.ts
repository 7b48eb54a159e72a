import { parseTask } from "@tributary/protocol";
import { expect, it } from "vitest";
import { aboutScores } from "../src/demo/show-progress.ts";

const taskWith = (batchNormalization: string) =>
  parseTask({
    population: "p",
    name: "n",
    model: { path: "model.json" },
    plan: { batchNormalization },
  });

it("a demo says that its scores are of the checkpoint alone where clients keep layers", () => {
  expect(aboutScores(taskWith("local")).join()).toContain("of the checkpoint alone");
  expect(aboutScores(taskWith("pooled"))).toEqual([]);
});
