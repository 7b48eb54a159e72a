/** More threads for a core would be no faster, and take memory each. */
const MOST_PER_CORE = 4;

/**
 * How many threads train.
 * @param asked - What the user says; one for each core if left out.
 * @param cores - Of this machine.
 */
export function workerCount(asked: number | undefined, cores: number): number {
  return Math.min(asked ?? cores, MOST_PER_CORE * cores);
}
