/**
 * For tests and measurements: conformance suites, which each adapter of a port runs in any test
 * runner; a suite that holds kernels against their twins; a clock that is moved by hand; and a client
 * that does exactly what it is told, right or wrong.
 */
export { clockCases, type ClockFixture } from "./clock-cases.ts";
export { cryptoProviderCases } from "./crypto-provider-cases.ts";
export { kernelAgreementCases } from "./kernel-agreement.ts";
export { workerPortCases, type WorkerPortSubject } from "./worker-port-cases.ts";
export { serveWorkerPortCases, type WorkerPortTalk } from "./worker-port-script.ts";
export { ManualClock } from "./manual-clock.ts";
export { RawClient } from "./raw-client.ts";
export type { ConformanceCase } from "./conformance-case.ts";
export type { CallDraft, KernelAgreement, KernelCase } from "./kernel-agreement.ts";
export type { Configuration, RawClientDeps, Received, SealedChunk } from "./raw-client.ts";
export type { RawSocket } from "./raw-connection.ts";
