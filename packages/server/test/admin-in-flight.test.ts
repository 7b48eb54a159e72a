import type { PlanId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { CheckInOffer, Participant } from "../src/coordinator/population/participant.ts";
import { at, smallTask, startAdmin, textAt, type AdminHarness } from "./admin-harness.ts";

const offer: CheckInOffer = {
  population: "writers",
  codecs: ["float32"],
  maxParameters: 1_000_000,
  exampleCount: 5,
  heldOutCount: 0,
  heldArtifacts: new Set(),
};

/** Lets a client check in. A client that is turned away is told so by an error. */
function checkIn({ deps }: AdminHarness, name: string, changes: Partial<CheckInOffer> = {}): void {
  const participant: Participant = {
    sessionId: name as Participant["sessionId"],
    site: name,
    take() {},
    configure() {},
    tell() {},
    reject() {},
    returnRequest() {},
    supersede() {},
    takeTraffic: () => ({ up: 0, down: 0 }),
  };
  try {
    deps.coordinator.checkIn(participant, { ...offer, ...changes });
  } catch {
    // It comes back another time.
  }
}

describe("the round in flight", () => {
  it("says how many clients are still needed, and why others are of no use", async () => {
    const admin = await startAdmin();
    const definition = smallTask({ eligibility: { minimumExamples: 5 } });
    const id = textAt((await admin.post("/v1/tasks", { definition, start: true })).json, "id");
    checkIn(admin, "a");
    checkIn(admin, "few", { exampleCount: 1 });
    checkIn(admin, "none", { exampleCount: 0 });
    checkIn(admin, "old", { codecs: [] });

    const task = await admin.ask("GET", `/v1/tasks/${id}`);
    const selecting = at(task.json, "inFlight");
    expect(selecting).toMatchObject({
      kind: "training",
      number: 1,
      phase: "selecting",
      needed: 2,
      gathered: 1,
      selected: 0,
      missing: 1,
      unusable: { waiting: {}, turnedAway: { examples: 2, codec: 1 } },
    });
    expect((await admin.ask("GET", "/metrics")).text).toContain(
      `\ntributary_missing_clients{task="${id}"} 1\n`,
    );
    expect((await admin.ask("GET", "/metrics")).text).toContain(
      '\ntributary_waiting_clients{population="writers"} 1\n',
    );

    checkIn(admin, "b");
    const view = (await admin.ask("GET", `/v1/tasks/${id}`)).json;
    expect(at(view, "inFlight")).toMatchObject({
      phase: "reporting",
      selected: 2,
      atWork: 2,
      reported: 0,
      missing: 2,
    });
    const round = textAt(view, "inFlight", "id");
    expect((await admin.ask("GET", `/v1/rounds/${round}`)).json).toEqual(at(view, "inFlight"));

    await admin.post(`/v1/tasks/${id}/cancel`);
    expect(at((await admin.ask("GET", `/v1/rounds/${round}`)).json, "outcome")).toBe("abandoned");
    expect(at((await admin.ask("GET", `/v1/tasks/${id}`)).json, "inFlight")).toBeNull();
  });

  it("counts clients that decline the plan's conditions, without a word on which", async () => {
    const admin = await startAdmin();
    const definition = smallTask({ eligibility: { charging: true, minimumExamples: 1 } });
    const created = (await admin.post("/v1/tasks", { definition, start: true })).json;
    const planFeatures = ["conditions"];
    const declinedPlans = [textAt(created, "planId") as PlanId];
    for (const name of ["a", "b"]) checkIn(admin, name, { planFeatures, declinedPlans });
    const view = (await admin.ask("GET", `/v1/tasks/${textAt(created, "id")}`)).json;
    expect(at(view, "inFlight", "unusable")).toEqual({
      waiting: {},
      turnedAway: { conditions: 2 },
    });
  });

  it("counts clients that wait for another task of the population", async () => {
    const admin = await startAdmin();
    const start = async (changes: Readonly<Record<string, unknown>>): Promise<string> => {
      const definition = smallTask(changes);
      return textAt((await admin.post("/v1/tasks", { definition, start: true })).json, "id");
    };
    const demanding = await start({ name: "demanding", eligibility: { minimumExamples: 100 } });
    await start({ name: "modest" });
    checkIn(admin, "a");
    const view = (await admin.ask("GET", `/v1/tasks/${demanding}`)).json;
    expect(at(view, "inFlight", "unusable")).toEqual({ waiting: { examples: 1 }, turnedAway: {} });
  });
});
