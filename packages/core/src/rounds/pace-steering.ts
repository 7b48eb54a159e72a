/**
 * Pace steering (Bonawitz et al. 2019, §2.3): when clients should come back, so that a small population meets in one
 * window and a large one spreads out until about as many arrive in a round as the round needs.
 */

/** What the tasks of a population ask of it. Counts are of clients, times in milliseconds. */
export interface PaceNeeds {
  /** Clients that one round takes; ≥ 1. */
  readonly needed: number;
  /** How long a round keeps its clients; ≥ 0. */
  readonly roundMs: number;
  /** Until clients are gathered again; 0 when they are now. */
  readonly opensInMs: number;
}

/** A population of up to this many rounds' needs is gathered, a larger one spread. */
const GATHERED_ROUNDS = 2;
/** Arrivals at one moment that are no burden. */
const BURST = 100;
/** Check-ins that a server takes beside its other work. */
const CHECK_INS_PER_SECOND = 500;
/** Connections with their handshakes that a server takes when all come back to it. */
const CONNECTIONS_PER_SECOND = 200;
/** No client is sent away for longer, whatever the estimate: it may be wrong, and a wrong one heals when they return. */
export const MAX_RETURN_MS = 3_600_000;
/** From the end of a server to the first clients at the next. */
const RESTART_MS = 1_000;

/**
 * After how long one client should come back.
 * @param population - Estimate of the population's size.
 * @param uniform - Uniform in [0, 1), drawn anew for each client.
 * @returns Whole milliseconds in [opensInMs, opensInMs + width], at most `MAX_RETURN_MS`. The width is 0 for a small
 *   population; for a large one it is so many rounds as the population could fill.
 */
export function returnAfterMs(needs: PaceNeeds, population: number, uniform: number): number {
  const { needed, roundMs, opensInMs } = needs;
  const rounds = population / Math.max(1, needed);
  const widthMs = Math.max(
    rounds > GATHERED_ROUNDS ? rounds * roundMs : 0,
    crowdMs(population, CHECK_INS_PER_SECOND),
  );
  // The cap cuts the width and not each draw: what is cut off must not pile up at the cap.
  const fromMs = Math.min(Math.max(0, opensInMs), MAX_RETURN_MS);
  return Math.floor(fromMs + uniform * Math.min(widthMs, MAX_RETURN_MS - fromMs));
}

/**
 * After how long one of `connections` clients should come back to a server that stops: never all at once.
 * @param uniform - Uniform in [0, 1), drawn anew for each client.
 */
export function returnAfterRestartMs(connections: number, uniform: number): number {
  const widthMs = Math.max(RESTART_MS, crowdMs(connections, CONNECTIONS_PER_SECOND));
  return Math.floor(RESTART_MS + uniform * Math.min(widthMs, MAX_RETURN_MS));
}

/** What several tasks need of one population together; `undefined` when there is none. */
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
 * Until the next of the windows in which a population meets while no task tells it when.
 * @param phaseMs - Where the population's windows lie, so that those of many populations do not coincide.
 * @returns In (periodMs / 2, 3 · periodMs / 2]: nobody is asked back at once.
 */
export function nextWindowMs(nowMs: number, periodMs: number, phaseMs: number): number {
  const leftMs = periodMs - ((((nowMs - phaseMs) % periodMs) + periodMs) % periodMs);
  return leftMs > periodMs / 2 ? leftMs : leftMs + periodMs;
}

function crowdMs(clients: number, perSecond: number): number {
  return (Math.max(0, clients - BURST) / perSecond) * 1_000;
}
