/** One requirement of a port, to be checked against one adapter. */
export interface ConformanceCase {
  /** A sentence, to be used as a test's title. */
  readonly name: string;
  /** Rejects when the adapter does not meet the requirement. */
  readonly run: () => Promise<void>;
}
