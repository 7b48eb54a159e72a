/**
 * Conformance suites of the server's ports, which each adapter runs in any test runner, and a clock
 * to hold.
 */
export { accessStoreCases, type AccessStoreFixture } from "./access-store-cases.ts";
export { checkpointStoreCases, type CheckpointStoreFixture } from "./checkpoint-store-cases.ts";
export type { ConformanceCase } from "./expectations.ts";
export { ManualClock } from "./manual-clock.ts";
export { roundStoreCases, type RoundStoreFixture, type StorePair } from "./round-store-cases.ts";
