import { decodePlan, planIdOf, type PlanId, type TributaryError } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";
import type { TaskRecord } from "../src/storage/round-store.ts";
import { makeWorld } from "./coordinator-world.ts";

const ONE = { goalCount: 1, overselection: 1, minimumFraction: 1 };

const idOf = ({ planBytes }: TaskRecord): PlanId => planIdOf(createNodeCryptoProvider(), planBytes);

function refusalOf(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a task with conditions", () => {
  it("puts them into its plan, and only those that it asks for", async () => {
    const world = makeWorld();
    const eligibility = { charging: true, hours: { from: "22:00", to: "06:00" } };
    const task = await world.startTask({ round: ONE, eligibility });
    expect(decodePlan(task.planBytes).conditions).toEqual({ ...eligibility, unknown: "unmet" });
  });

  it("is not given to older clients, which would not keep to them", async () => {
    const world = makeWorld();
    await world.startTask({ round: ONE, eligibility: { charging: true } });
    const refusal = refusalOf(() => world.client("old").checkIn({ planFeatures: [] }));
    expect((refusal as TributaryError).message).toContain("conditions (SDK 0.2.0)");
  });

  it("does not select a client that declines its plan, and counts it as a no without a reason", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: ONE, eligibility: { charging: true } });
    const offer = { planFeatures: ["conditions"], declinedPlans: [idOf(task)] };
    const refusal = refusalOf(() => world.client("a").checkIn(offer));
    expect(refusal).toMatchObject({
      code: "NOT_ELIGIBLE",
      context: { reason: "conditions" },
      retryAfterMs: expect.any(Number),
    });
    expect((refusal as TributaryError).message).not.toContain("charging");
  });

  it("leaves a client that declines its plan to the other tasks of the population", async () => {
    const world = makeWorld();
    const eligibility = { charging: true };
    const demanding = await world.startTask({
      ...{ name: "demanding", round: ONE, eligibility, priority: 5 },
    });
    const modest = await world.startTask({ name: "modest", round: ONE });
    const client = world.client("a");
    client.checkIn({ planFeatures: ["conditions"], declinedPlans: [idOf(demanding)] });
    expect(client.isSeated).toBe(true);
    expect(client.model?.delivery.plan.id).toBe(idOf(modest));
  });
});
