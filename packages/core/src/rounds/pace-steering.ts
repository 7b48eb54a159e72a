/**
 * Pace steering chooses when clients come back. The clients of a small population all come back at
 * the same time, so that there are enough of them for a round. Those of a large population are
 * spread over time, so that about as many arrive during a round as the round needs.
 * @see Bonawitz et al. 2019, arXiv:1902.01046, §2.3
 */

/** What the tasks of a population need from its clients. */
export interface PaceNeeds {
  /** Number of clients that one round takes; ≥ 1. */
  readonly needed: number;
  /** How long a round keeps its clients, in milliseconds; ≥ 0. */
  readonly roundMs: number;
  /** Milliseconds until a round selects clients again; 0 when one selects clients now. */
  readonly opensInMs: number;
}

/**
 * Up to this many times the clients of one round, a population counts as small. Its clients all
 * come back at the same time.
 */
const GATHERED_ROUNDS = 2;
/** Number of clients that may arrive at the same moment without slowing the server down. */
const BURST = 100;
/** Check-ins that a server can answer per second beside its other work. */
const CHECK_INS_PER_SECOND = 500;
/** New connections, with their handshakes, that a server can take per second after a restart. */
const CONNECTIONS_PER_SECOND = 200;
/**
 * The longest time that a client is asked to stay away, in milliseconds. The estimate of the
 * population's size may be wrong, and it can only be corrected when clients come back.
 */
export const MAX_RETURN_MS = 3_600_000;
/** Milliseconds that a server is given to restart before the first client comes back. */
const RESTART_MS = 1_000;

/**
 * Draws the time after which one client should come back.
 * @param population - Estimate of the number of clients in the population.
 * @param uniform - Uniform in [0, 1), drawn anew for each client.
 * @returns Whole milliseconds in [opensInMs, opensInMs + width], at most `MAX_RETURN_MS`. For a
 *   small population the width is only what the server needs to answer that many check-ins. For a
 *   large one it is the duration of as many rounds as the population's clients could fill.
 */
export function returnAfterMs(needs: PaceNeeds, population: number, uniform: number): number {
  const { needed, roundMs, opensInMs } = needs;
  const rounds = population / Math.max(1, needed);
  const widthMs = Math.max(
    rounds > GATHERED_ROUNDS ? rounds * roundMs : 0,
    crowdMs(population, CHECK_INS_PER_SECOND),
  );
  // `MAX_RETURN_MS` shortens the interval that is drawn from. If it cut off each draw instead, many
  // clients would come back at exactly that time.
  const fromMs = Math.min(Math.max(0, opensInMs), MAX_RETURN_MS);
  return Math.floor(fromMs + uniform * Math.min(widthMs, MAX_RETURN_MS - fromMs));
}

/**
 * Draws the time after which a client should come back to a server that is stopping. The clients
 * are spread over time, so that the server does not meet all of them at once when it starts again.
 * @param connections - Number of clients that are connected.
 * @param uniform - Uniform in [0, 1), drawn anew for each client.
 * @returns Whole milliseconds.
 */
export function returnAfterRestartMs(connections: number, uniform: number): number {
  const widthMs = Math.max(RESTART_MS, crowdMs(connections, CONNECTIONS_PER_SECOND));
  return Math.floor(RESTART_MS + uniform * Math.min(widthMs, MAX_RETURN_MS));
}

/**
 * Combines the needs of several tasks of one population: the clients of one round of each, and the
 * round duration at which the tasks together take as many clients per second as they do on their
 * own. The wait is that of the task which selects clients first.
 * @returns undefined when there are no tasks.
 */
export function combineNeeds(tasks: readonly PaceNeeds[]): PaceNeeds | undefined {
  if (tasks.length === 0) return undefined;
  let needed = 0;
  let neededPerMs = 0;
  let opensInMs = Number.POSITIVE_INFINITY;
  for (const task of tasks) {
    needed += task.needed;
    neededPerMs += task.needed / Math.max(1, task.roundMs);
    opensInMs = Math.min(opensInMs, task.opensInMs);
  }
  return { needed, roundMs: needed / neededPerMs, opensInMs };
}

/**
 * Returns the time until the next common return of a population that no task needs now. Its clients
 * come back together at regular times, so that they are all there when a task is created.
 * @param periodMs - Milliseconds between two returns; > 0.
 * @param phaseMs - Shifts the returns, so that those of many populations do not coincide.
 * @returns Milliseconds in (periodMs / 2, 3 · periodMs / 2]. It is never shorter than half a
 *   period, so that a client which has just come is not asked back at once.
 */
export function nextWindowMs(nowMs: number, periodMs: number, phaseMs: number): number {
  const leftMs = periodMs - ((((nowMs - phaseMs) % periodMs) + periodMs) % periodMs);
  return leftMs > periodMs / 2 ? leftMs : leftMs + periodMs;
}

/** Milliseconds that a server needs for so many clients, beyond those that it takes at once. */
function crowdMs(clients: number, perSecond: number): number {
  return (Math.max(0, clients - BURST) / perSecond) * 1_000;
}
