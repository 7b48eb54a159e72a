import { describe, expect, it } from "vitest";

import {
  makeWorld,
  until,
  type MemoryParticipant,
  type World,
  type WorldOptions,
} from "./coordinator-world.ts";

const ROUND = {
  goalCount: 2,
  overselection: 1,
  minimumFraction: 0.5,
  reportingTimeoutMs: 600_000,
};

interface Scene {
  readonly world: World;
  readonly task: Awaited<ReturnType<World["startTask"]>>;
  /** A member that comes back when its connection breaks. */
  readonly member: MemoryParticipant;
  readonly other: MemoryParticipant;
  /** The client of `member` over a new connection. */
  readonly again: MemoryParticipant;
}

async function inRound(
  options: WorldOptions & { readonly deviceId?: string; readonly isSilent?: boolean } = {},
): Promise<Scene> {
  const world = makeWorld(options);
  const task = await world.startTask({ round: ROUND });
  const [member, other, again] = ["member", "other", "again"].map((name) => world.client(name));
  member!.isSilent = options.isSilent === true;
  const { deviceId } = options;
  member!.checkIn({ resumes: true, ...(deviceId === undefined ? {} : { deviceId }) });
  other!.checkIn();
  return { world, task, member: member!, other: other!, again: again! };
}

/** The record of the task's only round, once it has ended. */
async function recordOf({ world, task }: Scene): Promise<unknown> {
  await until("the round has ended", () => world.events.some(({ type }) => type === "round-ended"));
  const [record] = await world.rounds(task);
  return record;
}

const lossEvents = ({ world }: Scene): unknown[] =>
  world.events.filter(({ type }) => type === "member-left");

describe("a member whose connection breaks", () => {
  it("keeps its seat, comes back, and reports once", async () => {
    const scene = await inRound();
    const { member, other, again } = scene;
    member.disconnect();
    other.report();
    expect(again.resume(member)).toBeUndefined();
    expect(again.resumed).toMatchObject({ stage: "training", bytesLeft: 0 });
    again.report();
    expect(await recordOf(scene)).toMatchObject({
      outcome: "committed",
      selected: 2,
      reported: 2,
      droppedOut: 0,
    });
    expect(lossEvents(scene)).toEqual([]);
  });

  it("is sent the configuration again when it had not confirmed the first", async () => {
    const scene = await inRound({ isSilent: true });
    const { member, other, again } = scene;
    member.disconnect();
    expect(again.resume(member)).toBeUndefined();
    expect(again.resumed).toBeUndefined();
    const { roundId, reportNonce, resumeSecret } = again.configuration!;
    expect({ roundId, reportNonce }).toMatchObject({
      roundId: member.configuration!.roundId,
      reportNonce: member.configuration!.reportNonce,
    });
    expect(resumeSecret).not.toEqual(member.configuration!.resumeSecret);
    other.report();
    again.report();
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", reported: 2 });
  });

  it("goes on with a half-sent report from the bytes that the server has", async () => {
    const scene = await inRound();
    const { member, other, again } = scene;
    other.report();
    member.begin();
    member.chunk(member.payload.subarray(0, 12));
    member.disconnect();
    expect(again.resume(member)).toBeUndefined();
    expect(again.resumed).toMatchObject({ stage: "uploading", bytesLeft: 8 });
    again.upload(12);
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", reported: 2 });
  });

  it("gives its upload turn way to others that wait, and then begins its report again", async () => {
    const scene = await inRound({ limits: { maxConcurrentReports: 1 } });
    const { world, member, other, again } = scene;
    member.begin();
    member.chunk(member.payload.subarray(0, 12));
    member.disconnect();
    other.begin();
    expect(other.hasTurn).toBe(false);
    world.clock.advance(world.limits.uploadStallTimeoutMs);
    expect(other.hasTurn).toBe(true);
    expect(again.resume(member)).toBeUndefined();
    expect(again.resumed).toMatchObject({ stage: "training" });
    other.upload();
    again.report();
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", reported: 2, rejected: 0 });
  });

  it("leaves the line for upload turns, and stands in it again when it comes back", async () => {
    const scene = await inRound({ limits: { maxConcurrentReports: 1 } });
    const { member, other, again } = scene;
    other.begin();
    member.begin();
    member.disconnect();
    other.upload();
    expect(again.resume(member)).toBeUndefined();
    expect(again.resumed).toMatchObject({ stage: "training" });
    again.report();
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", reported: 2 });
  });

  it("hears that its report counts, and how the round ended, after it was lost with a whole report", async () => {
    const scene = await inRound();
    const { member, other, again } = scene;
    member.report();
    member.disconnect();
    expect(again.resume(member)).toBeUndefined();
    expect(again.resumed).toMatchObject({ stage: "reported" });
    other.report();
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", reported: 2 });
    expect(again.told.at(-1)).toMatchObject({ type: "ended" });
  });

  it("counts as left when nobody else is at work and it does not come back in time", async () => {
    const scene = await inRound();
    const { world, member, other, again } = scene;
    other.report();
    member.disconnect();
    world.clock.advance(world.limits.memberReturnMs);
    expect(await recordOf(scene)).toMatchObject({
      outcome: "committed",
      reported: 1,
      droppedOut: 1,
      fates: { left: { training: 1 }, unfinished: {} },
    });
    expect(lossEvents(scene)).toMatchObject([{ stage: "training" }]);
    expect(again.resume(member)).toBe("ROUND_CLOSED");
  });

  it("is waited for until the deadline while another member is at work", async () => {
    const scene = await inRound();
    const { world, member, other, again } = scene;
    member.disconnect();
    world.clock.advance(ROUND.reportingTimeoutMs - 1);
    expect(again.resume(member)).toBeUndefined();
    expect(again.resumed).toMatchObject({ timeLeftMs: 1 });
    other.report();
    again.report();
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", reported: 2 });
  });

  it("leaves at once when its client never said that it comes back", async () => {
    const scene = await inRound();
    const { member, other, again } = scene;
    expect(other.configuration!.resumeSecret).toBeUndefined();
    member.report();
    other.disconnect();
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", fates: { left: {} } });
    expect(again.resume(other, { resumeSecret: new Uint8Array(32) })).toBe("ROUND_CLOSED");
  });

  it("takes its seat with it when the server still believes in its old connection", async () => {
    const scene = await inRound();
    const { member, other, again } = scene;
    const seat = member.seat!;
    expect(again.resume(member)).toBeUndefined();
    expect(member.isSuperseded).toBe(true);
    const { roundId } = member.configuration!;
    expect(() => seat.receive({ type: "configured", roundId })).toThrow("did not expect");
    seat.leave();
    other.report();
    again.report();
    expect(await recordOf(scene)).toMatchObject({ outcome: "committed", reported: 2 });
  });
});

describe("a seat", () => {
  it("is not given for a secret that is wrong, or to another session or round", async () => {
    const { member, again, other } = await inRound();
    member.disconnect();
    const { resumeSecret } = member.configuration!;
    const wrong = resumeSecret!.slice();
    wrong[31]! ^= 1;
    expect(again.resume(member, { resumeSecret: wrong })).toBe("ROUND_CLOSED");
    expect(again.resume(member, { resumeSecret: new Uint8Array(0) })).toBe("ROUND_CLOSED");
    expect(again.resume(member, { sessionId: other.sessionId })).toBe("ROUND_CLOSED");
    expect(again.resume(member, { roundId: "rnd_0" as never })).toBe("ROUND_CLOSED");
    expect(again.seat).toBeUndefined();
    expect(again.resume(member)).toBeUndefined();
  });

  it("is not given twice for a secret, once the client has shown that it has the next one", async () => {
    const { world, member, again } = await inRound();
    member.disconnect();
    const { resumeSecret } = member.configuration!;
    expect(again.resume(member)).toBeUndefined();
    again.begin();
    again.disconnect();
    const thief = world.client("thief");
    expect(thief.resume(member, { resumeSecret: resumeSecret! })).toBe("ROUND_CLOSED");
    const third = world.client("third");
    expect(third.resume(member, { resumeSecret: again.resumed!.resumeSecret })).toBeUndefined();
  });

  it("is given again for a secret whose answer was lost on its way", async () => {
    const { world, member, again } = await inRound();
    member.disconnect();
    expect(again.resume(member)).toBeUndefined();
    again.disconnect();
    const third = world.client("third");
    expect(third.resume(member)).toBeUndefined();
  });

  it("is bound to the device that the member has proved to be", async () => {
    const { member, again } = await inRound({ deviceId: "device-1" });
    member.disconnect();
    expect(again.resume(member)).toBe("ROUND_CLOSED");
    expect(again.resume(member, { deviceId: "device-2" })).toBe("ROUND_CLOSED");
    expect(again.resume(member, { deviceId: "device-1" })).toBeUndefined();
  });

  it("is gone when its round has ended", async () => {
    const scene = await inRound();
    const { member, other, again } = scene;
    member.report();
    other.report();
    await recordOf(scene);
    expect(again.resume(member)).toBe("ROUND_CLOSED");
  });
});
