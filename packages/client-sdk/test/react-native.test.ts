import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  buildLayersModel,
  createFusedTrainer,
  createTfjsTrainer,
  createTrainer,
  tryPlan,
} from "../src/platform/plain-engines.ts";
import * as elsewhere from "../src/platform/lazy-engines.ts";
import * as here from "../src/platform/plain-engines.ts";
import { openShelf } from "../src/platform/no-shelf.ts";
import { platform } from "../src/platform/react-native.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("on React Native", () => {
  it.each([{}, { engine: "auto" }, { engine: "fused", backend: "reference" }] as const)(
    "the options %o of a trainer take the fused engine in plain JavaScript",
    async (options) => {
      const trainer = await createTrainer(options);
      expect(trainer.backend).toBe("reference");
      trainer.dispose();
    },
  );

  it.each([
    ["the engine tfjs", () => createTrainer({ engine: "tfjs" })],
    ["the engine native", () => createTrainer({ engine: "native" })],
    ["the backend wasm", () => createTrainer({ backend: "wasm" })],
    ["the backend wasm", () => createFusedTrainer({ backend: "wasm" })],
    ["tfjs", () => createTfjsTrainer()],
    ["a second engine", () => tryPlan({} as never, new Float32Array(), {} as never)],
  ])("says that there is no such thing as %s", async (what, ask) => {
    await expect(ask()).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining(`React Native does not have ${what}.`) as string,
    });
  });

  it("says where the weights are in place of a model of tfjs", async () => {
    await expect(buildLayersModel({} as never, new Float32Array())).rejects.toMatchObject({
      code: "MODEL_UNSUPPORTED",
      remedy: "Take the weights from checkpoint(), or predict with createTrainer().",
    });
  });

  it("asks for a shelf where an app opens a store of examples without one", async () => {
    await expect(openShelf({ name: "digits" })).rejects.toMatchObject({
      code: "STORAGE_DENIED",
      message: expect.stringContaining("There is nowhere to keep the store digits") as string,
    });
  });

  it.each([
    ["TextDecoder", "fast-text-encoding"],
    ["URL", "react-native-url-polyfill/auto"],
  ])("names the package that gives %s where it is missing", async (name, giver) => {
    vi.stubGlobal(name, undefined);
    Reflect.deleteProperty(globalThis, name);
    await expect(platform.createCrypto()).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      remedy: `Install ${giver}, and import it before @tributary/client-sdk.`,
    });
  });

  it("has the cryptography of noble where nothing is missing", async () => {
    expect((await platform.createCrypto()).name).toBe("noble");
  });

  it("has engines under the names that they have elsewhere", () => {
    expect(Object.keys(here).toSorted()).toEqual(Object.keys(elsewhere).toSorted());
  });

  it("has a file of its own for everything that Node and browsers have by condition", () => {
    const path = createRequire(import.meta.url).resolve("../package.json");
    const { imports } = JSON.parse(readFileSync(path, "utf8")) as {
      imports: Readonly<Record<string, object>>;
    };
    const without = Object.entries(imports).filter(([, targets]) => !("react-native" in targets));
    // A client works in its own thread wherever there is no file for browsers.
    expect(without.map(([name]) => name)).toEqual(["#client-core"]);
  });
});
