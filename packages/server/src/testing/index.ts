/**
 * For tests: conformance suites of the server's ports, which each adapter runs in any test runner,
 * and the table of a session's states.
 */
export { accessStoreCases, type AccessStoreFixture } from "./access-store-cases.ts";
export { checkpointStoreCases, type CheckpointStoreFixture } from "./checkpoint-store-cases.ts";
export { leaseCases, type LeaseFixture } from "./lease-cases.ts";
export { roundStoreCases } from "./round-store-cases.ts";
export type { RoundStoreFixture, StorePair } from "./round-store/fixture.ts";
export {
  NEW_SESSION,
  receptionOf,
  stepSession,
  type Reception,
  type SessionEvent,
  type SessionPhase,
  type SessionState,
} from "../gateway/session-state.ts";
