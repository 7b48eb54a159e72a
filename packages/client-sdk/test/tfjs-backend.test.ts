import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from "vitest";
import { chooseTfjsBackend } from "../src/training/tfjs-backend.ts";

// tfjs has one current backend for a process, and the process of this file starts without any. So
// the order of the tests matters.
describe("chooseTfjsBackend", () => {
  let printed: MockInstance[];

  beforeEach(() => {
    printed = (["log", "info", "warn", "error"] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation(() => undefined),
    );
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("says why the named backend cannot be used", async () => {
    await expect(chooseTfjsBackend({ backend: "tensorflow" })).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("tfjs-node"),
      remedy: expect.stringContaining('"cpu"'),
    });
    await expect(chooseTfjsBackend({ backend: "webgpu" })).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("webgpu"),
    });
  });

  it("chooses wasm when tfjs-node is not installed, and prints nothing", async () => {
    expect(await chooseTfjsBackend()).toEqual({ name: "wasm" });
    expect(tf.getBackend()).toBe("wasm");
    for (const method of printed) expect(method).not.toHaveBeenCalled();
  });

  it("keeps the backend that the app has set", async () => {
    await tf.setBackend("cpu");
    expect(await chooseTfjsBackend()).toEqual({ name: "cpu" });
    expect(await chooseTfjsBackend({ backend: "auto" })).toEqual({ name: "cpu" });
  });

  it("replaces the app's backend when another one is named", async () => {
    expect(await chooseTfjsBackend({ backend: "wasm" })).toEqual({ name: "wasm" });
    expect(await chooseTfjsBackend({ backend: "cpu" })).toEqual({ name: "cpu" });
    expect(tf.getBackend()).toBe("cpu");
  });

  it("prints no greeting of tfjs, and leaves tfjs's other notices on", async () => {
    await chooseTfjsBackend({ backend: "cpu" });
    tf.tensor1d([1, 2, 3]).dispose();
    for (const method of printed) expect(method).not.toHaveBeenCalled();
    expect(tf.env().getBool("PROD")).toBe(false);
  });
});
