import { describe, expect, it, vi } from "vitest";
import { chooseTfjsBackend } from "../src/training/tfjs-backend.ts";

describe("chooseTfjsBackend", () => {
  it("falls back to cpu where the wasm binaries are not found", async () => {
    // tfjs reports the binary that it cannot read; that is for the console.
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await chooseTfjsBackend({ wasmPaths: "/nowhere/" })).toBe("cpu");
    expect(warn).toHaveBeenCalled();
    error.mockRestore();
    warn.mockRestore();
  });
});
