/** Conformance suites: each adapter of a port runs the port's suite, in any test runner. */
export { cryptoProviderCases } from "./crypto-provider-cases.ts";
export type { ConformanceCase } from "./conformance-case.ts";
