import { describe, expect, it } from "vitest";
import { begin, stage } from "./support/participant.ts";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";

describe("a client that the app pauses", () => {
  it("does not check in until it is let go on, and says both", async () => {
    const set = stage();
    set.client.pause();
    const reader = set.participate();
    await reader.until("paused");
    expect(set.server.connections).toHaveLength(0);
    const connected = reader.until("connected");
    set.client.resume();
    await set.server.accept();
    await connected;
    expect(reader.types).toEqual(["paused", "continued", "connecting", "connected"]);
    await reader.leave();
  });

  it("holds its training, stays in its round, and reports once it is let go on", async () => {
    const trainer = await createFusedTrainer();
    const set = stage({ trainer });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.expect("configured");
    set.client.pause();
    set.client.pause();
    await reader.until("paused");
    const report = connection.takeReport(roundId);
    set.client.resume();
    await report;
    connection.accept(roundId);
    await reader.until("reported");
    const { types } = reader;
    expect(types.indexOf("trained")).toBeGreaterThan(types.indexOf("continued"));
    expect(types.filter((type) => type === "paused")).toHaveLength(1);
    await reader.leave();
    trainer.dispose();
  });

  it("leaves at once although it is paused", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    set.client.pause();
    await reader.until("paused");
    await reader.leave();
    expect(await connection.closed).toBeDefined();
  });
});
