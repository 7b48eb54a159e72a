/** How long a fuzzer runs, seconds: a few in CI, and as long as one likes when started by hand. */
export const fuzzSeconds: number = Number(process.env["TRIBUTARY_FUZZ_SECONDS"] ?? 3);

/**
 * The seed of what a fuzzer draws, which is part of each test's title. `TRIBUTARY_FUZZ_SEED=random`
 * chooses a new seed; a number repeats a run.
 */
export const fuzzSeed: number = seedOf(process.env["TRIBUTARY_FUZZ_SEED"] ?? "2026");

function seedOf(text: string): number {
  return text === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(text);
}

/**
 * The settings of fast-check: as many runs as fit into the time. It prints seed and path when a run
 * fails.
 */
export const fuzzRuns = {
  seed: fuzzSeed,
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: 1_000 * fuzzSeconds,
  markInterruptAsFailure: false,
} as const;

/** What to put into a test's title. */
export const fuzzTitle = `seed ${fuzzSeed}, ${fuzzSeconds} s`;
/** The time limit of a test, milliseconds. */
export const fuzzLimitMs: number = 1_000 * fuzzSeconds + 60_000;
