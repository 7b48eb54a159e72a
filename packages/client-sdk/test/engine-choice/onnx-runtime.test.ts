import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadOnnxRuntime } from "../../src/training/native/runtime/onnx-runtime.ts";

describe("loading ONNX Runtime", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "onnx-runtime-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Installs a package of that name in the folder. */
  function install(version: string, script: string): void {
    const home = join(folder, "node_modules", "onnxruntime-node");
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), JSON.stringify({ version, main: "index.js" }));
    writeFileSync(join(home, "index.js"), script);
  }
  const load = (): unknown => loadOnnxRuntime([join(folder, "package.json")]);

  it("takes the package of a folder", () => {
    install("1.30.0", "module.exports = {};");
    expect(load()).toMatchObject({ version: "1.30.0" });
  });

  it.each(["2.0.0", "1.21.1", "0.9.0"])(
    "refuses version %s, and says which are taken",
    (version) => {
      install(version, "module.exports = {};");
      const message: unknown = expect.stringMatching(
        new RegExp(`onnxruntime-node ${version.replaceAll(".", "[.]")} .* 1[.]22 or a later 1[.]x`),
      );
      expect(load).toThrow(expect.objectContaining({ code: "ENGINE_UNAVAILABLE", message }));
    },
  );

  it("says why a package that is there does not start, as where the system's libc is too old", () => {
    install("1.30.0", 'throw new Error("version `GLIBC_2.28\' not found");');
    const message: unknown = expect.stringContaining("GLIBC_2.28");
    expect(load).toThrow(expect.objectContaining({ code: "ENGINE_UNAVAILABLE", message }));
  });

  it("says that there is no package", () => {
    const message: unknown = expect.stringContaining("Cannot find module 'onnxruntime-node");
    expect(load).toThrow(expect.objectContaining({ code: "ENGINE_UNAVAILABLE", message }));
  });
});
