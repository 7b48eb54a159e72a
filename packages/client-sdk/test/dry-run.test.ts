import { seededRandom, encodeClientMessage, type ClientMessage } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { settableDevice, type DryRun } from "../src/index.ts";
import { linearPlan, lineExamples } from "./support/linear-task.ts";
import { offer } from "./support/offer-model.ts";
import { begin, stage, type Stage } from "./support/participant.ts";
import { crypto } from "./support/scripted-server.ts";

const plan = linearPlan({ clipNorm: 1, update: { codec: "uniform", bits: 4 } });
const weights = Float32Array.of(0.5, -0.25, 0);

/** Tries the round that follows on round 4. */
async function tried(set: Stage, purpose?: "evaluation"): Promise<DryRun> {
  const model = set.serve(plan, weights);
  const [result] = await Promise.all([set.client.dryRun({ purpose }), offer(set, model, 4)]);
  return result;
}

describe("a dry run", () => {
  it("shows the report byte for byte, but for the round's id and nonce, and sends none of it", async () => {
    // `offer` sees the only connection, whose only message asks for the model.
    const { messages, refused, summary } = await tried(stage());
    expect(refused).toBeUndefined();
    expect(summary).toMatchObject({ task: "line", exampleCount: 8, sentParameters: 3 });

    const set = stage({ random: seededRandom(crypto, 7) });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.serve(plan, weights), { roundNumber: 5 });
    await connection.expect("configured");
    const report = await connection.takeReport(roundId);
    const place = { roundId: "rnd_0000000000000000", reportNonce: new Uint8Array(16) };
    const sent: ClientMessage[] = [
      { ...report.begin, ...place } as ClientMessage,
      { type: "reportChunk", data: report.payload },
    ];
    expect(messages).toEqual(
      sent.map((message) => ({ type: message.type, bytes: encodeClientMessage(message) })),
    );
    await reader.leave();
  });

  it("names the conditions that would keep the client from working now, and works all the same", async () => {
    const device = settableDevice({ charging: false });
    const conditions = { charging: true, minimumBattery: 0.5 };
    const { unmet, messages } = await tried(stage({ conditions }, { device }));
    expect(unmet).toEqual([
      { condition: "charging", askedBy: "app", isKnown: true },
      { condition: "minimumBattery", askedBy: "app", isKnown: false },
    ]);
    expect(messages).not.toEqual([]);
  });

  it("leaves nothing behind for the next report", async () => {
    const sparse = linearPlan({ update: { codec: "top-k", fraction: 0.4 } });
    const payloads = [];
    for (const tries of [0, 2]) {
      const set = stage();
      const model = set.serve(sparse, weights);
      for (let i = 0; i < tries; i++) {
        await Promise.all([set.client.dryRun(), offer(set, model, 4)]);
      }
      const { reader, connection } = await begin(set);
      const { heldArtifacts: held } = await connection.checkIn();
      const { roundId } = connection.configure(model, { roundNumber: 5, held });
      payloads.push((await connection.takeReportAfterConfigured(roundId)).payload);
      await reader.leave();
    }
    expect(payloads[1]).toEqual(payloads[0]);
  });

  it("says which floor would refuse the plan, and then does no work", async () => {
    const set = stage({ floors: { minimumCohort: 5 } });
    const { refused, messages, summary } = await tried(set);
    expect(refused).toMatchObject({ code: "PLAN_REFUSED", context: { floor: "minimumCohort" } });
    expect(messages).toEqual([]);
    expect(summary.minimumCohort).toBe(2);
    expect(set.trainer.trainings).toBe(0);
  });

  it("does not ask approvePlan, whose answer it is to prepare", async () => {
    const set = stage({ approvePlan: () => false });
    expect((await tried(set)).messages).toHaveLength(2);
  });

  it("measures on the held-out examples when an evaluation is tried", async () => {
    const set = stage({ heldOut: lineExamples() });
    const { messages, summary } = await tried(set, "evaluation");
    expect(messages.map(({ type }) => type)).toEqual(["reportBegin"]);
    expect(summary).toMatchObject({ purpose: "evaluation", updateBytes: 0 });
    expect(set.trainer.trainings).toBe(0);
  });

  it("rejects when the client is closed or the signal is aborted", async () => {
    const set = stage();
    const signal = AbortSignal.abort();
    await expect(set.client.dryRun({ signal })).rejects.toMatchObject({ code: "ABORTED" });
    await set.client.close();
    await expect(set.client.dryRun()).rejects.toMatchObject({ code: "BAD_PARAMETER" });
  });
});
