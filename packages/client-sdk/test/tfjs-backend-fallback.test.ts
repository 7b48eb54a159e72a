import { describe, expect, it, vi } from "vitest";
import { createTrainer } from "../src/engine-choice/choose-engine.ts";
import { linearPlan } from "./support/linear-task.ts";

describe("a backend of tfjs that does not start", () => {
  it("gives way to cpu, and the choice names the file that it needs", async () => {
    // tfjs prints a notice about the binary that it cannot read, which does not belong into the
    // test's output.
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const trainer = await createTrainer({ engine: "tfjs", wasmPaths: "/nowhere/" });
    expect(await trainer.choose(linearPlan())).toMatchObject({
      ...{ engine: "tfjs", backend: "cpu" },
      slowBecause: expect.stringMatching(/\/nowhere\/tfjs-backend-wasm[a-z-]*\.wasm/),
    });
    expect(warn).toHaveBeenCalled();
    trainer.dispose();
    error.mockRestore();
    warn.mockRestore();
  });
});
