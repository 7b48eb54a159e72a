import { describe, expect, it, vi } from "vitest";
import { chooseTfjsBackend } from "../src/training/tfjs-backend.ts";

describe("chooseTfjsBackend", () => {
  it("falls back to cpu when the wasm binaries are not found", async () => {
    // tfjs prints a notice about the binary that it cannot read, which does not belong into the
    // test's output.
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await chooseTfjsBackend({ wasmPaths: "/nowhere/" })).toBe("cpu");
    expect(warn).toHaveBeenCalled();
    error.mockRestore();
    warn.mockRestore();
  });
});
