import { TributaryError, type PlanFeature } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import { makeWorld } from "./coordinator-world.ts";

/** Two features that plans might have, told by keys and words that they have today. */
const PROXIMAL: PlanFeature = { name: "proximal", since: "7.1.0", usedBy: "training.proximal" };
const ADAM: PlanFeature = { name: "adam", since: "7.0.0", usedBy: "training.optimizer.name=adam" };
const planFeatures = [PROXIMAL, ADAM];
const ONE = { goalCount: 1, overselection: 1, minimumFraction: 1 };

function refusalOf(act: () => void): TributaryError | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
  return undefined;
}

describe("a plan with features that some clients do not know", () => {
  it("is given to those who know them, and others are told which SDK to move to", async () => {
    const world = makeWorld({ planFeatures });
    await world.startTask({ round: ONE, plan: { proximal: 0.1 } });
    const client = world.client("a");
    for (const offer of [{}, { planFeatures: ["adam"] }]) {
      const refusal = refusalOf(() => client.checkIn(offer));
      expect(refusal).toMatchObject({ code: "NOT_ELIGIBLE", retryAfterMs: expect.any(Number) });
      expect(refusal?.message).toContain("proximal (SDK 7.1.0)");
      expect(refusal?.message).not.toContain("adam");
    }
    client.checkIn({ planFeatures: ["proximal", "a feature of the future"] });
    expect(client.isSeated).toBe(true);
  });

  it("names every feature that is missing", async () => {
    const world = makeWorld({ planFeatures });
    const optimizer = { name: "adam" } as const;
    await world.startTask({ plan: { proximal: 0.1, optimizer } });
    const refusal = refusalOf(() => world.client("a").checkIn());
    expect(refusal?.message).toContain("proximal (SDK 7.1.0), adam (SDK 7.0.0)");
  });

  it("is not given with a model either, whether its task runs or not", async () => {
    for (const runs of [true, false]) {
      const world = makeWorld({ planFeatures });
      const task = await world.startTask({ plan: { proximal: 0.1 } });
      if (!runs) await world.coordinator.cancelTask(task.id);
      await expect(world.coordinator.newestModel("writers", true)).rejects.toMatchObject({
        code: "NOT_ELIGIBLE",
        message: expect.stringContaining("proximal (SDK 7.1.0)"),
      });
      const { roundNumber } = await world.coordinator.newestModel("writers", true, ["proximal"]);
      expect(roundNumber).toBe(0);
    }
  });

  it("does not keep a client from another task of its population", async () => {
    const world = makeWorld({ planFeatures });
    await world.startTask({ name: "new", round: ONE, plan: { proximal: 0.1 }, priority: 5 });
    await world.startTask({ name: "old", round: ONE });
    const client = world.client("a");
    client.checkIn();
    expect(client.isSeated).toBe(true);
  });
});
