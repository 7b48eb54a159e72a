import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { findChromium } from "./infra/chromium.mjs";
import { findFirefox, findWebKit } from "./infra/other-browsers.mjs";
import { SlowFirst } from "./infra/slow-first.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Lets packages import each other's sources, so that unit tests need no build. */
const fromSource = ["@tributary/source", "module", "node", "development|production"];

/** What was built is run by Node itself, as its users run it, and not by Vite's transform of it. */
const builtPackages = [/\/(packages\/[^/]+|bench)\/dist\//];

/** What all unit tests have in common. */
const unit = {
  resolve: { conditions: fromSource },
  ssr: { resolve: { conditions: fromSource } },
};

/** Vitest itself adds the conditions. */
const unitArguments = [
  `--import=${new URL("infra/run-threads-from-source.mjs", import.meta.url).href}`,
];

/** Unit tests of what a process has once: the backends of tfjs that have been tried in it. */
const needOwnProcess = [
  "packages/client-sdk/test/tfjs-backend.test.ts",
  "packages/client-sdk/test/tfjs-backend-fallback.test.ts",
  "packages/client-sdk/test/without-simd.test.ts",
];

/** Unit tests that need ONNX Runtime, which `node infra/check.mjs native` installs for them. */
const needOnnxRuntime = "{packages/*,bench}/test/native/**/*.test.ts";

export default defineConfig({
  root,
  test: {
    // Two cores: more workers only make each test slower, and time limits nearer.
    maxWorkers: 2,
    pool: "forks",
    sequence: { sequencer: SlowFirst },
    // Nothing is retried: a test that fails now and then shows a fault.
    retry: 0,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // Servers under test are on this machine: no proxy that the environment may name leads to them.
    env: { no_proxy: "*" },
    projects: [
      {
        extends: true,
        ...unit,
        test: {
          name: "unit",
          include: [
            "{packages/*,bench,experiments}/test/**/*.test.ts",
            "test/protocol/**/*.test.ts",
          ],
          exclude: [...configDefaults.exclude, ...needOwnProcess, needOnnxRuntime],
          execArgv: unitArguments,
          // A process loads modules once for all of its files. That takes half of the time.
          isolate: false,
        },
      },
      {
        extends: true,
        ...unit,
        test: { name: "unit-alone", include: needOwnProcess, execArgv: unitArguments },
      },
      {
        extends: true,
        ...unit,
        test: {
          name: "native",
          include: [needOnnxRuntime],
          execArgv: unitArguments,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "project",
          include: ["test/project/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/{e2e,hostile,hermes}/**/*.test.ts"],
          // These tests wait for processes about half of the time.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          server: { deps: { external: builtPackages } },
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: "infra/bundle-browser.mjs",
          server: { deps: { external: builtPackages } },
          env: {
            CHROMIUM_PATH: findChromium() ?? "",
            FIREFOX_PATH: findFirefox() ?? "",
            ...findWebKit(),
          },
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
