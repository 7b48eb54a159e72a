import { connect, type Socket } from "node:net";
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  builtinModel,
  checkpointIdOf,
  encodeCheckpoint,
  seededRandom,
  writeTfjsModel,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { at, smallTask, startAdmin, textAt } from "./admin-harness.ts";

const crypto = createNodeCryptoProvider();
const { description, values } = builtinModel("logistic-regression", seededRandom(crypto, 7));
const files = writeTfjsModel(description, values);
const TASK = JSON.stringify({ definition: smallTask({ model: { path: "./model.json" } }) });

interface Parts {
  readonly task?: string;
  readonly model?: string;
  readonly weights?: readonly (readonly [name: string, bytes: Uint8Array])[];
}

function formOf({ task, model, weights = [] }: Parts): FormData {
  const form = new FormData();
  // The weights come first, because the order of the parts must not matter.
  for (const [name, bytes] of weights) form.append("weights", blobOf(bytes), name);
  if (task !== undefined) form.append("task", task);
  if (model !== undefined) form.append("model", blobOf(model), "model.json");
  return form;
}

function blobOf(content: string | Uint8Array): Blob {
  return new Blob([typeof content === "string" ? content : Uint8Array.from(content)]);
}

/** Begins an upload and stops in the middle of its first part. */
async function halfAnUpload(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "POST /v1/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\n" +
      "content-length: 100000\r\nexpect: 100-continue\r\n\r\n",
  );
  // The server answers "100 Continue" when it has begun to handle the request.
  await once(socket, "data");
  const part = '--b\r\ncontent-disposition: form-data; name="task"\r\n\r\n{';
  await new Promise<void>((resolve) => socket.write(part, () => resolve()));
  return socket;
}

const WHOLE: Parts = {
  task: TASK,
  model: files["model.json"],
  weights: [["weights.bin", files["weights.bin"]]],
};

describe("an uploaded model", () => {
  it("becomes the initial checkpoint of the task, with every value unchanged", async () => {
    const admin = await startAdmin();
    const { status, json } = await admin.postForm("/v1/tasks", formOf(WHOLE));
    expect(status).toBe(201);
    expect(at(json, "definition", "model")).toEqual({ path: "./model.json" });
    expect(at(json, "initialCheckpoint")).toBe(checkpointIdOf(crypto, encodeCheckpoint(values)));
  });

  it("may come in several files, in folders, in any order", async () => {
    const admin = await startAdmin();
    const model = JSON.parse(files["model.json"]) as {
      weightsManifest: [{ paths: string[] }];
    };
    const paths = ["shards/1 of 2.bin", "shards/2 of 2.bin"];
    model.weightsManifest[0].paths = paths;
    const bytes = files["weights.bin"];
    const { status, json } = await admin.postForm(
      "/v1/tasks",
      formOf({
        task: TASK,
        model: JSON.stringify(model),
        weights: [
          [paths[1]!, bytes.subarray(10_001)],
          [paths[0]!, bytes.subarray(0, 10_001)],
        ],
      }),
    );
    expect(status).toBe(201);
    expect(at(json, "initialCheckpoint")).toBe(checkpointIdOf(crypto, bytes));
  });

  it("says what the task leaves out", async () => {
    const admin = await startAdmin();
    const definition = smallTask({ model: { path: "./model.json" }, plan: { batchSize: 5 } });
    const model = { ...JSON.parse(files["model.json"]), trainingConfig: { loss: "mse" } };
    const parts = { ...WHOLE, task: JSON.stringify({ definition }), model: JSON.stringify(model) };
    const { json } = await admin.postForm("/v1/tasks", formOf(parts));
    expect(at(json, "definition", "plan", "loss")).toBe("meanSquaredError");
  });

  it.each<[string, Parts, number, string, RegExp]>([
    ["lacks its task", { ...WHOLE, task: undefined! }, 400, "BAD_PARAMETER", /no part task/],
    ["lacks its model", { ...WHOLE, model: undefined! }, 400, "BAD_PARAMETER", /no part model/],
    [
      "lacks its weights",
      { ...WHOLE, weights: [] },
      422,
      "DATA_UNREADABLE",
      /weights\.bin is missing/,
    ],
    [
      "has weights of another length",
      { ...WHOLE, weights: [["weights.bin", files["weights.bin"].subarray(4)]] },
      422,
      "DATA_UNREADABLE",
      /31396 bytes/,
    ],
    [
      "has a file that its manifest does not name",
      { ...WHOLE, weights: [...WHOLE.weights!, ["other.bin", new Uint8Array(4)]] },
      400,
      "BAD_PARAMETER",
      /other\.bin/,
    ],
    [
      "has a file twice",
      { ...WHOLE, weights: [...WHOLE.weights!, ...WHOLE.weights!] },
      400,
      "BAD_PARAMETER",
      /weights\.bin/,
    ],
    ["is not JSON", { ...WHOLE, model: "{" }, 400, "BAD_PARAMETER", /part model is not JSON/],
    [
      "lacks the weight of a layer",
      { ...WHOLE, model: files["model.json"].replace('"name":"output/bias"', '"name":"odd/bias"') },
      422,
      "MODEL_UNSUPPORTED",
      /lacks its weight bias/,
    ],
    ["is not a layers model", { ...WHOLE, model: "{}" }, 422, "MODEL_UNSUPPORTED", /topology/],
    [
      "is sent with a task that names a builtin model",
      { ...WHOLE, task: JSON.stringify({ definition: smallTask() }) },
      422,
      "TASK_INVALID",
      /builtin/,
    ],
  ])("is refused when it %s", async (_what, parts, status, code, message) => {
    const admin = await startAdmin();
    const answer = await admin.postForm("/v1/tasks", formOf(parts));
    expect(at(answer.json, "error", "code")).toBe(code);
    expect(answer.status).toBe(status);
    expect(textAt(answer.json, "error", "message")).toMatch(message);
    expect(await admin.storage.rounds.tasks()).toEqual([]);
  });

  it("is refused when a weight is not finite", async () => {
    const admin = await startAdmin();
    const bytes = Uint8Array.from(files["weights.bin"]);
    new DataView(bytes.buffer).setFloat32(400, Number.NaN, true);
    const answer = await admin.postForm(
      "/v1/tasks",
      formOf({ ...WHOLE, weights: [["weights.bin", bytes]] }),
    );
    expect(answer.status).toBe(422);
  });

  it("is refused when it exceeds the server's limit on parameters, and the next model is accepted", async () => {
    const admin = await startAdmin({ constants: { maxParameters: 7_850 } });
    const tooMuch = new Uint8Array(4 * 7_850 + 1);
    const answer = await admin.postForm(
      "/v1/tasks",
      formOf({ ...WHOLE, weights: [["weights.bin", tooMuch]] }),
    );
    expect(answer.status).toBe(413);
    expect(at(answer.json, "error", "context", "maxBytes")).toBe(4 * 7_850);
    expect((await admin.postForm("/v1/tasks", formOf(WHOLE))).status).toBe(201);
  });

  it("is refused when its files together exceed the limit", async () => {
    const admin = await startAdmin({ constants: { maxParameters: 1_000 } });
    const half = new Uint8Array(2_001);
    const answer = await admin.postForm(
      "/v1/tasks",
      formOf({
        ...WHOLE,
        weights: [
          ["a", half],
          ["b", half],
        ],
      }),
    );
    expect(answer.status).toBe(413);
  });

  it("is refused when its model.json exceeds the limit", async () => {
    const admin = await startAdmin({ constants: { maxPlanBytes: 1_024 } });
    const answer = await admin.postForm(
      "/v1/tasks",
      formOf({ ...WHOLE, model: " ".repeat(1_025) }),
    );
    expect(answer.status).toBe(413);
  });

  it("is refused when it has more parts than any model has files", async () => {
    const admin = await startAdmin();
    const weights = Array.from({ length: 1_025 }, (_, i) => [`w${i}`, new Uint8Array(0)] as const);
    expect((await admin.postForm("/v1/tasks", formOf({ ...WHOLE, weights }))).status).toBe(413);
  });

  it("is refused when its sender gives up halfway, and the next model is accepted", async () => {
    const admin = await startAdmin();
    const first = await halfAnUpload(admin.url);
    const second = await halfAnUpload(admin.url); // waits for its turn
    for (const socket of [second, first]) {
      socket.resetAndDestroy();
      await once(socket, "close");
      // After one more round trip the server has noticed it too.
      await admin.ask("GET", "/healthz");
    }
    expect((await admin.postForm("/v1/tasks", formOf(WHOLE))).status).toBe(201);
  });

  it.each([
    ["no boundary", "multipart/form-data", "x"],
    ["no parts", "multipart/form-data; boundary=b", "--b--\r\n"],
    ["an empty body", "multipart/form-data; boundary=b", ""],
    [
      "a part without an end",
      "multipart/form-data; boundary=b",
      '--b\r\ncontent-disposition: form-data; name="task"\r\n\r\n{',
    ],
    [
      "a part without a name",
      "multipart/form-data; boundary=b",
      "--b\r\ncontent-disposition: form-data\r\n\r\n{}\r\n--b--\r\n",
    ],
    [
      "a weights part without a file name",
      "multipart/form-data; boundary=b",
      '--b\r\ncontent-disposition: form-data; name="weights"\r\n\r\nabcd\r\n--b--\r\n',
    ],
  ])("is refused with a form that has %s", async (_what, contentType, body) => {
    const admin = await startAdmin();
    const answer = await admin.ask("POST", "/v1/tasks", {
      headers: { "content-type": contentType },
      body,
    });
    expect(answer.status).toBe(400);
    expect(at(answer.json, "error", "code")).toBe("BAD_PARAMETER");
  });

  it("is refused at whatever place the form is cut or damaged, and the server goes on", async () => {
    const admin = await startAdmin();
    const boundary = "seam";
    const part = (name: string, file: string, content: string): string =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${file}"\r\n\r\n${content}\r\n`;
    const whole = Buffer.from(
      `${part("task", "t", TASK)}${part("model", "m", "{}")}${part("weights", "weights.bin", "abcd")}--${boundary}--\r\n`,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.nat(whole.length),
        fc.uint8Array({ maxLength: 20 }),
        async (from, cut, noise) => {
          const body = Buffer.concat([whole.subarray(0, from), noise, whole.subarray(cut)]);
          const answer = await admin.ask("POST", "/v1/tasks", {
            headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
            body,
          });
          expect([400, 413, 422]).toContain(answer.status);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
    expect((await admin.ask("GET", "/healthz")).status).toBe(200);
  });
});
