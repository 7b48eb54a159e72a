import { describe, expect, it } from "vitest";
import type { CheckpointId } from "@tributary/protocol";
import { holdOut, isTributaryError, type Examples } from "../src/index.ts";
import { lineExamples } from "./support/linear-task.ts";
import { begin, stage } from "./support/participant.ts";

const heldOutOf = (count: number): Examples => {
  const { features, featureShape, labels, labelShape } = lineExamples();
  const size = featureShape.reduce((product, length) => product * length, 1);
  return {
    features: features.slice(0, count * size),
    featureShape,
    labels: labels.slice(0, count),
    labelShape,
    count,
  };
};

describe("an evaluation", () => {
  it("measures the checkpoint on held-out examples and reports metrics without an update", async () => {
    const heldOut = heldOutOf(3);
    const set = stage({ heldOut });
    const { reader, connection } = await begin(set);
    expect(await connection.checkIn()).toMatchObject({ exampleCount: 8, heldOutCount: 3 });
    const { roundId, reportNonce } = connection.configure(set.model, {
      purpose: "evaluation",
      roundNumber: 4,
    });
    await connection.expect("configured");
    const report = await connection.expect("reportBegin");
    const weights = [...new Float32Array(set.model.checkpointBytes.slice().buffer)];
    const loss = weights.reduce((sum, weight) => sum + weight, 0);
    expect(report).toEqual({
      type: "reportBegin",
      roundId,
      reportNonce,
      exampleCount: 3,
      codec: "",
      updateBytes: 0,
      metrics: [{ name: "loss", value: loss }],
    });
    connection.accept(roundId);
    connection.commit(roundId, set.model);
    const finished = await reader.until("round-finished");
    expect(finished).toMatchObject({ purpose: "evaluation", counted: true, roundNumber: 4 });
    expect(reader.types).toEqual([
      ...["connecting", "connected", "checked-in", "selected", "downloaded"],
      ...["evaluated", "reporting", "reported", "round-finished"],
    ]);
    expect(reader.events.find(({ type }) => type === "evaluated")).toMatchObject({
      exampleCount: 3,
      metrics: { loss },
    });
    expect(set.trainer.trainings).toBe(0);
    expect(set.trainer.evaluated[0]?.examples).toBe(heldOut);
    await reader.leave();
  });

  it("does not replace the newest checkpoint, which the app gets when it is offline", async () => {
    const set = stage({ heldOut: heldOutOf(2) });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const newest = connection.configure(set.model, { roundNumber: 6 });
    await connection.takeReportAfterConfigured(newest.roundId);
    connection.accept(newest.roundId);
    connection.abandon(newest.roundId);
    const { heldArtifacts: held } = await connection.checkIn();
    const old = set.serve(set.model.plan, Float32Array.of(9, 9, 9));
    const evaluation = connection.configure(old, {
      purpose: "evaluation",
      roundNumber: 2,
      held,
    });
    await connection.expect("configured");
    await connection.expect("reportBegin");
    connection.accept(evaluation.roundId);
    connection.commit(evaluation.roundId, old);
    // The old checkpoint is held from now on, and need not be sent again.
    const { heldArtifacts } = await connection.checkIn();
    expect(heldArtifacts).toContain(old.checkpointId satisfies CheckpointId);
    await reader.leave();
    set.server.refusing = true;
    expect(await set.client.checkpoint()).toMatchObject({
      id: set.model.checkpointId,
      roundNumber: 5,
      isNewest: false,
    });
  });

  it("makes a client without held-out examples withdraw, and the client goes on", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model, { purpose: "evaluation" });
    await connection.expect("configured");
    expect(await connection.expect("withdraw")).toMatchObject({ code: "EXAMPLES_INVALID" });
    const { error } = await reader.until("withdrawn");
    expect(error.remedy).toContain("heldOut");
    await reader.leave();
  });

  it("does not loosen a training round: an announced update must be sent before it is accepted", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.expect("configured");
    await connection.expect("reportBegin");
    connection.accept(roundId);
    expect((await reader.until("disconnected")).error.code).toBe("UNEXPECTED_MESSAGE");
    await reader.leave();
  });
});

describe("holdOut", () => {
  it("holds out every k-th example, the same ones each time, and loses no example", () => {
    const { train, heldOut } = holdOut(lineExamples(), 0.25);
    expect([train.count, heldOut.count]).toEqual([6, 2]);
    const all = lineExamples();
    expect([...heldOut.labels]).toEqual([all.labels[3], all.labels[7]]);
    expect([...train.labels, ...heldOut.labels].sort()).toEqual([...all.labels].sort());
    const size = all.features.length / all.count;
    expect([...heldOut.features.subarray(0, size)]).toEqual([
      ...all.features.subarray(3 * size, 4 * size),
    ]);
    expect(holdOut(lineExamples(), 0.25)).toEqual({ train, heldOut });
  });

  it.each([0, -0.1, 0.6, Number.NaN])("refuses the fraction %s", (fraction) => {
    expect(() => holdOut(lineExamples(), fraction)).toThrow(
      expect.toSatisfy((error) => isTributaryError(error, "BAD_PARAMETER")),
    );
  });
});
