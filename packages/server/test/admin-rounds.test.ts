import { describe, expect, it } from "vitest";
import {
  builtinModel,
  decodeCheckpoint,
  encodeCheckpoint,
  layoutOf,
  parseTfjsModel,
  readTfjsWeights,
  seededRandom,
  taskId,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { NOW_MS, at, smallTask, startAdmin, textAt, type AdminHarness } from "./admin-harness.ts";

const crypto = createNodeCryptoProvider();

async function startedTask(admin: AdminHarness): Promise<string> {
  const { json } = await admin.post("/v1/tasks", { definition: smallTask(), start: true });
  return textAt(json, "id");
}

describe("the rounds of the admin API", () => {
  it("show each round that has ended, the newest last", async () => {
    const admin = await startAdmin();
    const task = await startedTask(admin);
    const path = `/v1/tasks/${task}/rounds`;
    expect((await admin.ask("GET", path)).json).toEqual({ rounds: [] });

    const first = await admin.runRound("writers");
    const second = await admin.runRound("writers");
    expect(first).toMatchObject({
      number: 1,
      outcome: "committed",
      selected: 2,
      reported: 2,
      exampleCount: 10,
      metrics: { loss: 0.5, accuracy: 0.75 },
    });
    expect((await admin.ask("GET", path)).json).toEqual({ rounds: [first, second] });
    expect((await admin.ask("GET", `${path}?limit=1`)).json).toEqual({ rounds: [second] });
    expect((await admin.ask("GET", `/v1/rounds/${first.id}`)).json).toEqual(first);
    const shown = await admin.ask("GET", `/v1/tasks/${task}`);
    expect(at(shown.json, "lastRound")).toEqual(second);
    expect(at(shown.json, "progress")).toMatchObject({ phase: "selecting", committedRounds: 2 });
  });

  it("show nothing of what fewer reports than the server's floor came to", async () => {
    const admin = await startAdmin({ minimumCohort: 3 });
    const definition = { ...smallTask(), round: { goalCount: 3, overselection: 1 } };
    const task = taskId(textAt((await admin.post("/v1/tasks", { definition })).json, "id"));
    // A server with a lower floor has stored this round.
    const older = await startAdmin();
    await startedTask(older);
    const round = {
      ...(await older.runRound("writers")),
      taskId: task,
      kind: "evaluation",
    } as const;
    await admin.storage.rounds.commit({ round: { ...round, checkpoint: null } });
    const hidden = { id: round.id, reported: 2, metrics: {}, exampleCount: 0 };
    expect((await admin.ask("GET", `/v1/tasks/${task}/rounds`)).json).toMatchObject({
      rounds: [hidden],
    });
    expect((await admin.ask("GET", `/v1/rounds/${round.id}`)).json).toMatchObject(hidden);
    expect(at((await admin.ask("GET", `/v1/tasks/${task}`)).json, "lastRound")).toMatchObject(
      hidden,
    );
    // Metrics come from the rounds that end while the server runs, and those keep the floor.
    expect((await admin.ask("GET", "/metrics")).text).not.toMatch(
      /^tributary_(?:training|evaluation)_metric\{/m,
    );
  });

  it("show the state of a task that has run its last round", async () => {
    const admin = await startAdmin();
    const task = await startedTask(admin);
    for (let round = 0; round < 3; round++) await admin.runRound("writers");
    const { json } = await admin.ask("GET", `/v1/tasks/${task}`);
    expect(at(json, "state")).toBe("finished");
    expect(at(json, "progress", "committedRounds")).toBe(3);
  });

  it.each(["0", "-1", "1.5", "1001", "many", "", "1&limit=2"])("refuse limit=%s", async (limit) => {
    const admin = await startAdmin();
    const task = await startedTask(admin);
    const answer = await admin.ask("GET", `/v1/tasks/${task}/rounds?limit=${limit}`);
    expect(answer.status).toBe(400);
    expect(at(answer.json, "error", "remedy")).toBe("Use a whole number from 1 to 1000.");
  });

  it("are unknown until they have ended", async () => {
    const admin = await startAdmin();
    const answer = await admin.ask("GET", "/v1/rounds/rnd_00000000000000000000000000000000");
    expect(answer.status).toBe(404);
    expect(at(answer.json, "error", "code")).toBe("ROUND_UNKNOWN");
  });
});

describe("the checkpoints of the admin API", () => {
  it("begin with the initial model and end with the newest", async () => {
    const admin = await startAdmin();
    const task = await startedTask(admin);
    const path = `/v1/tasks/${task}/checkpoints`;
    const initial = {
      taskId: task,
      roundNumber: 0,
      byteLength: 4 * 7_850,
      createdAtMs: NOW_MS,
    };
    expect((await admin.ask("GET", `${path}/latest`)).json).toMatchObject(initial);

    const round = await admin.runRound("writers");
    const latest = await admin.ask("GET", `${path}/latest`);
    expect(latest.json).toMatchObject({ id: round.checkpoint, roundNumber: 1 });
    expect((await admin.ask("GET", path)).json).toEqual({
      checkpoints: [expect.objectContaining(initial), latest.json],
    });
    expect((await admin.ask("GET", `/v1/checkpoints/${round.checkpoint}`)).status).toBe(200);
  });

  it("return their bytes, but not to a client that already has them", async () => {
    const admin = await startAdmin();
    await startedTask(admin);
    const { checkpoint } = await admin.runRound("writers");
    const path = `/v1/checkpoints/${checkpoint}/weights`;
    const whole = await admin.ask("GET", path);
    expect(whole.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-length": "31400",
      etag: `"${checkpoint}"`,
      "cache-control": "private, no-cache",
    });
    expect(crypto.sha256(whole.bytes)).toEqual(Uint8Array.from(Buffer.from(checkpoint!, "hex")));

    const headers = { "if-none-match": `"${checkpoint}"` };
    const again = await admin.ask("GET", path, { headers });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
    const other = await admin.ask("GET", path, { headers: { "if-none-match": '"0"' } });
    expect(other.status).toBe(200);
    const head = await admin.ask("HEAD", path);
    expect([head.headers["content-length"], head.bytes.length]).toEqual(["31400", 0]);
  });

  it("give a tfjs model whose weights are the checkpoint's", async () => {
    const admin = await startAdmin();
    const task = await startedTask(admin);
    const latest = await admin.ask("GET", `/v1/tasks/${task}/checkpoints/latest`);
    const path = `/v1/checkpoints/${textAt(latest.json, "id")}`;
    const model = parseTfjsModel((await admin.ask("GET", `${path}/tfjs/model.json`)).json);
    const weights = await admin.ask("GET", `${path}/tfjs/weights.bin`);
    const raw = await admin.ask("GET", `${path}/weights`);

    const { description, values } = builtinModel("logistic-regression", seededRandom(crypto, 7));
    expect(model.description).toEqual(description);
    expect(weights.bytes.equals(raw.bytes)).toBe(true);
    const read = readTfjsWeights(model, new Map([["weights.bin", Uint8Array.from(weights.bytes)]]));
    expect(read).toHaveLength(values.length);
    const layout = layoutOf(description.parameters);
    const decoded = decodeCheckpoint(Uint8Array.from(raw.bytes), layout);
    expect(Buffer.compare(encodeCheckpoint(read), encodeCheckpoint(decoded))).toBe(0);
  });

  it("are unknown under another id, and the answer is then never 304", async () => {
    const admin = await startAdmin();
    const id = "0".repeat(64);
    for (const suffix of ["", "/weights", "/tfjs/model.json", "/tfjs/weights.bin"]) {
      const answer = await admin.ask("GET", `/v1/checkpoints/${id}${suffix}`, {
        headers: { "if-none-match": `"${id}"` },
      });
      expect(answer.status).toBe(404);
      expect(at(answer.json, "error", "code")).toBe("CHECKPOINT_UNKNOWN");
      expect(answer.headers.etag).toBeUndefined();
    }
    expect((await admin.ask("GET", "/v1/checkpoints/abc")).status).toBe(400);
  });
});
