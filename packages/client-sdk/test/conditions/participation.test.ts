import { decodePlan, encodePlan, type Conditions } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import {
  memoryUsageStore,
  settableDevice,
  type DeviceState,
  type FederatedClientDeps,
  type FederatedClientOptions,
  type SettableDevice,
} from "../../src/index.ts";
import { linearPlan } from "../support/linear-task.ts";
import { begin, stage, type Stage } from "../support/participant.ts";

const CHARGING: Conditions = { charging: true, unknown: "unmet" };
const ON_BATTERY: DeviceState = { charging: false, battery: 0.8 };
const PLUGGED: DeviceState = { charging: true, battery: 0.8 };

interface DeviceStage extends Stage {
  readonly device: SettableDevice;
}

function deviceStage(
  state: DeviceState,
  options: Partial<FederatedClientOptions> = {},
  deps: FederatedClientDeps = {},
): DeviceStage {
  const device = settableDevice(state);
  return { ...stage(options, { device, usage: memoryUsageStore(), ...deps }), device };
}

const served = (set: Stage, conditions: Conditions): Stage["model"] =>
  set.serve(linearPlan({ conditions }), Float32Array.of(0.5, -0.25, 0));

describe("a plan with conditions", () => {
  it("is not trained on battery, which the server hears of as no more than a no", async () => {
    const set = deviceStage(ON_BATTERY);
    const { reader, connection } = await begin(set);
    const first = await connection.checkIn();
    expect(first.declinedPlans).toEqual([]);
    const model = served(set, CHARGING);
    connection.configure(model);
    const { error, retryInMs } = await reader.until("withdrawn");
    expect(error).toMatchObject({
      code: "CONDITIONS_UNMET",
      context: { conditions: "charging" },
    });
    expect(await connection.expect("withdraw")).toMatchObject({
      code: "CONDITIONS_UNMET",
      message: "",
    });
    expect(await reader.until("conditions-unmet")).toEqual({
      type: "conditions-unmet",
      unmet: [{ condition: "charging", askedBy: "plan", isKnown: true }],
    });
    expect(set.trainer.trainings).toBe(0);
    await connection.closed;
    set.device.set(PLUGGED);
    await reader.until("conditions-met");
    const again = await set.server.accept();
    await reader.until("connected");
    await set.clock.untilPending(retryInMs);
    set.clock.advance(retryInMs);
    const { heldArtifacts: held, declinedPlans: now } = await again.checkIn();
    expect(now).toEqual([]);
    const { roundId } = again.configure(model, { roundNumber: 2, held });
    await again.takeReportAfterConfigured(roundId);
    again.accept(roundId);
    await reader.until("reported");
    await reader.leave();
  });

  it("is given up within a batch when a condition breaks in mid-training", async () => {
    const set = deviceStage(PLUGGED);
    const batches: number[] = [];
    set.trainer.gate = async (batch) => {
      batches.push(batch);
      if (batch === 2) set.device.set(ON_BATTERY);
      await new Promise((resolve) => setImmediate(resolve));
    };
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(served(set, CHARGING));
    const { error } = await reader.until("withdrawn");
    expect(error.code).toBe("CONDITIONS_UNMET");
    expect(batches).toEqual([0, 1, 2]);
    await connection.expect("configured");
    expect(await connection.expect("withdraw")).toMatchObject({ code: "CONDITIONS_UNMET" });
    await reader.leave();
  });

  it("is declined before the model has come", async () => {
    const set = deviceStage({ unmetered: false });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    // Only the plan is sent: the checkpoint would cost the person's data.
    connection.configure(served(set, { unmetered: true, unknown: "unmet" }), {
      frames: (frames) => frames.slice(0, 1),
    });
    const { error } = await reader.until("withdrawn");
    expect(error.code).toBe("CONDITIONS_UNMET");
    await reader.leave();
  });

  it("is named at the next check-in, so that the server chooses another task", async () => {
    const set = deviceStage(ON_BATTERY);
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const model = served(set, CHARGING);
    connection.configure(model);
    await connection.expect("withdraw");
    await reader.until("conditions-unmet");
    // The client stands aside for a minute, and for ten once the server has nothing else for it.
    for (const waitMs of [60_000, 600_000]) {
      await set.clock.untilPending(waitMs);
      set.clock.advance(waitMs);
      const next = await set.server.accept();
      const { declinedPlans } = await next.expect("checkIn");
      expect(declinedPlans).toEqual([model.planId]);
      const refusal = { code: "NOT_ELIGIBLE", message: "conditions", retryAfterMs: 1_000 } as const;
      next.send({ type: "rejection", ...refusal });
      await reader.until("conditions-unmet");
      await next.closed;
    }
    await reader.leave();
  });

  it("counts the seconds of a day, and stops when they are used up, also after a reload", async () => {
    const usage = memoryUsageStore();
    const first = deviceStage(PLUGGED, {}, { usage });
    first.trainer.gate = (batch, signal) => {
      if (batch === 0) return Promise.resolve();
      return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
    };
    const budget: Conditions = { dailySeconds: 20, unknown: "unmet" };
    const opened = await begin(first);
    await opened.connection.checkIn();
    opened.connection.configure(served(first, budget));
    await first.clock.untilPending(15_000);
    first.clock.advance(15_000);
    await first.clock.untilPending(5_000);
    first.clock.advance(5_000);
    const { error } = await opened.reader.until("withdrawn");
    expect(error).toMatchObject({ context: { conditions: "dailySeconds" } });
    await opened.reader.leave();

    const second = deviceStage(PLUGGED, {}, { usage });
    const reloaded = await begin(second);
    await reloaded.connection.checkIn();
    reloaded.connection.configure(served(second, budget));
    const { error: again } = await reloaded.reader.until("withdrawn");
    expect(again).toMatchObject({ context: { conditions: "dailySeconds" } });
    expect(second.trainer.trainings).toBe(0);
    await reloaded.reader.leave();
  });
});

describe("the app's own conditions", () => {
  it("keep the client from connecting until they hold", async () => {
    const set = deviceStage(ON_BATTERY, { conditions: { charging: true } });
    const reader = set.participate();
    expect(await reader.until("conditions-unmet")).toMatchObject({
      unmet: [{ condition: "charging", askedBy: "app", isKnown: true }],
    });
    expect(set.server.connections).toEqual([]);
    set.device.set(PLUGGED);
    const connection = await set.server.accept();
    await connection.checkIn();
    await reader.until("checked-in");
    expect(reader.types.slice(0, 3)).toEqual(["conditions-unmet", "conditions-met", "connecting"]);
    await reader.leave();
  });

  it("end the connection of a client that waits for a round", async () => {
    const set = deviceStage(PLUGGED, { conditions: { minimumBattery: 0.5 } });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    await reader.until("checked-in");
    set.device.set({ charging: false, battery: 0.4 });
    await reader.until("conditions-unmet");
    await connection.closed;
    await reader.leave();
  });

  it("hold for plans that ask for nothing", async () => {
    const set = deviceStage(PLUGGED, { conditions: { charging: true } });
    set.trainer.gate = async () => {
      set.device.set(ON_BATTERY);
      await new Promise((resolve) => setImmediate(resolve));
    };
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model);
    const { error } = await reader.until("withdrawn");
    expect(error.code).toBe("CONDITIONS_UNMET");
    await reader.until("conditions-unmet");
    await reader.leave();
  });

  it("do not have the device watched where there are none", async () => {
    let watched = 0;
    const device = {
      watch: (): (() => void) => {
        watched += 1;
        return () => {};
      },
    };
    const set = stage({}, { device });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.takeReportAfterConfigured(roundId);
    connection.accept(roundId);
    await reader.until("reported");
    expect(watched).toBe(0);
    await reader.leave();
  });

  it.each([
    ...[{ charging: true }, { charging: 1 }, { minimumBattery: 1 }, { minimumBattery: 0 }],
    ...[{ unmetered: null }, { dataSaverOff: false }, { idle: "no" }, { hidden: true }],
    ...[
      { unburdened: {} },
      { hours: { from: "23:59", to: "00:00" } },
      { hours: { from: "24:00" } },
    ],
    ...[{ hours: { from: "01:00", to: "02:00", zone: "UTC" } }, { hours: [] }],
    ...[{ dailySeconds: 86_400 }, { dailySeconds: 86_401 }, { dailySeconds: 1.5 }],
    ...[{ dailyBattery: 0.01 }, { dailyBattery: 1.01 }, { unknown: "met" }, { unknown: "" }],
    ...[{ other: true }],
  ])("take and refuse the same as a plan does: %j", (conditions) => {
    const isTaken = (act: () => unknown): boolean => {
      try {
        act();
        return true;
      } catch {
        return false;
      }
    };
    const whole = { unknown: "unmet", ...conditions } as never;
    expect(isTaken(() => stage({ conditions: conditions as never }))).toBe(
      isTaken(() => decodePlan(encodePlan(linearPlan({ conditions: whole })))),
    );
  });

  it.each([
    [{ charging: "yes" }, /condition charging is "yes".*true or false/s],
    [{ hours: { from: "10pm", to: "06:00" } }, /condition hours is .*10pm.*two times of day/s],
    [{ hours: { from: "22:00", to: "22:00" } }, /two times of day/],
    [{ hours: "22:00-06:00" }, /two times of day/],
    [{ hours: null }, /two times of day/],
    [{ minimumBattery: 30 }, /minimumBattery is 30.*above 0/s],
    [{ dailySeconds: 0.5 }, /dailySeconds is 0.5.*whole number/s],
    [{ chargin: true }, /no condition chargin.*Perhaps you meant charging/s],
    [{ unknown: "maybe" }, /met or unmet/],
    ["charging", /option conditions has the wrong type/],
  ])("refuses %j in the constructor", (conditions, message) => {
    const act = (): unknown => stage({ conditions: conditions as never });
    expect(act).toThrow(expect.objectContaining({ code: "BAD_PARAMETER" }));
    expect(act).toThrow(message);
  });
});
