import { describe, expect, it } from "vitest";
import { FederatedClient, type ExampleStore, type FederatedClientOptions } from "../src/index.ts";
import { lineExamples } from "./support/linear-task.ts";
import { begin, stage } from "./support/participant.ts";
import { ScriptedServer } from "./support/scripted-server.ts";

const GOOD = {
  url: "wss://learn.example",
  population: "test",
  serverKey: new ScriptedServer().key,
  examples: lineExamples(),
};

/** The error that a program without types gets for such options. */
function refusal(options: unknown): unknown {
  try {
    new FederatedClient(options as FederatedClientOptions);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("options of the wrong type", () => {
  it.each([
    ["url", undefined],
    ["url", 8080],
    ["population", null],
    ["serverKey", { key: "" }],
    ["examples", undefined],
    ["examples", [1, 2, 3]],
    ["examples", { ...lineExamples(), features: [0, 1] }],
    ["examples", { ...lineExamples(), featureShape: 2 }],
    ["examples", { columns: ["a"], rows: [1] }],
    ["heldOut", { load: () => {} }],
    ["engine", "fast"],
    ["backend", "gpu"],
    ["wasmPaths", 1],
    ["trainer", {}],
    ["conditions", "charging"],
    ["approvePlan", true],
    ["random", Math.random],
    ["token", 7],
    ["deviceKey", "secret"],
    ["tls", "none"],
    ["agent", 1],
    ["limits", 5],
    ["worker", true],
  ])("are refused with the name of the option: %s = %o", (option, value) => {
    expect(refusal({ ...GOOD, [option]: value })).toMatchObject({
      code: "BAD_PARAMETER",
      message: expect.stringContaining(`option ${option} `) as string,
      remedy: expect.stringMatching(/^Give /) as string,
      context: { option },
    });
  });

  it("are none when the options are missing altogether", () => {
    for (const options of [undefined, null, "wss://learn.example"]) {
      expect(refusal(options)).toMatchObject({ code: "BAD_PARAMETER" });
    }
  });

  it("are not those that are set to undefined, which count as left out", () => {
    const optional = ["heldOut", "engine", "floors", "token", "limits", "worker"];
    const unset = Object.fromEntries(optional.map((option) => [option, undefined]));
    expect(refusal({ ...GOOD, ...unset })).toBeUndefined();
  });
});

describe("an example store that returns something else than examples", () => {
  it.each([
    [undefined, /undefined, and no object/],
    [{ ...lineExamples(), features: [1, 2] }, /features is no Float32Array/],
    [{ ...lineExamples(), labels: ["a"] }, /labels is neither/],
    [{ ...lineExamples(), labelShape: undefined }, /labelShape/],
    [{ ...lineExamples(), count: "8" }, /count is no whole number/],
  ])("makes the client withdraw with the reason: %o", async (returned, reason) => {
    const examples: ExampleStore = {
      count: () => Promise.resolve(8),
      load: () => Promise.resolve(returned as never),
    };
    const set = stage({ examples });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model);
    const { error } = await reader.until("withdrawn");
    expect(error).toMatchObject({ code: "EXAMPLES_INVALID", retryable: false });
    expect(error.message).toMatch(reason);
    await reader.leave();
  });
});
