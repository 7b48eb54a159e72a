/** How long a fuzzer runs, seconds: a few in CI, as long as one likes by hand. */
export const fuzzSeconds: number = Number(process.env["TRIBUTARY_FUZZ_SECONDS"] ?? 3);

/**
 * What a fuzzer draws from; each test has it in its title. `TRIBUTARY_FUZZ_SEED=random` draws anew, a number repeats a run.
 */
export const fuzzSeed: number = seedOf(process.env["TRIBUTARY_FUZZ_SEED"] ?? "2026");

function seedOf(text: string): number {
  return text === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(text);
}

/** Settings of fast-check: as many runs as fit into the time; it prints seed and path when one fails. */
export const fuzzRuns = {
  seed: fuzzSeed,
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: 1_000 * fuzzSeconds,
  markInterruptAsFailure: false,
} as const;

/** For a test's title. */
export const fuzzTitle = `seed ${fuzzSeed}, ${fuzzSeconds} s`;
/** For a test's time limit, milliseconds. */
export const fuzzLimitMs: number = 1_000 * fuzzSeconds + 60_000;
