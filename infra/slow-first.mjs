import { BaseSequencer } from "vitest/node";

/**
 * The files whose tests take longest, the slowest first. A fresh checkout has measured none of them,
 * and Vitest would go by their size.
 */
export const SLOW_FILES = [
  "test/e2e/serve.test.ts",
  "test/e2e/demo.test.ts",
  "test/e2e/bad-input.test.ts",
  "test/e2e/model.test.ts",
  "test/e2e/crash-walk.test.ts",
  "test/e2e/bench.test.ts",
  "test/e2e/readme.test.ts",
  "test/e2e/tables.test.ts",
  "test/e2e/simulate.test.ts",
  "test/e2e/mnist.test.ts",
  "packages/server/test/storage-postgres.test.ts",
  "packages/client-sdk/test/trainer-memory.test.ts",
  "bench/test/codec.test.ts",
  "packages/server/test/storage-crash.test.ts",
  "packages/protocol/test/worker-port.test.ts",
];

/** Begins with the slow files, so that at the end no process works on one of them alone. */
export class SlowFirst extends BaseSequencer {
  /**
   * @override
   * @type {BaseSequencer["sort"]}
   */
  async sort(files) {
    const sorted = await super.sort(files);
    const rank = (/** @type {(typeof files)[number]} */ { moduleId }) => {
      const at = SLOW_FILES.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? SLOW_FILES.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
