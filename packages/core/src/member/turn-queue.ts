/** Who asks for a turn. */
export interface TurnClaim {
  /** The task that the turn is for. */
  readonly task: string;
  /** The site that the turn goes to: an IPv4 address or an IPv6 network. */
  readonly site: string;
}

/**
 * So large a part of all turns (an eighth) is kept for tasks that have no turn, and another one for
 * sites that have none.
 */
const KEPT_PART = 8;

/**
 * Decides who gets the next of a fixed number of turns. Tasks take turns with each other, and so do
 * the sites of each task, however many claims each of them has. The last free turns are kept
 * for tasks, and then for sites, that have none, so that a task or a site which holds its
 * turns for long cannot hold all of them.
 */
export class TurnQueue<Claim extends TurnClaim> {
  /** By task and by site, in the order in which they are served next. No entry is empty. */
  readonly #waiting: Map<string, Map<string, Set<Claim>>> = new Map();
  readonly #using: Set<Claim> = new Set();
  /** Turns in use, by task. */
  readonly #byTask: Map<string, number> = new Map();
  /** Turns in use, by task and site. */
  readonly #bySite: Map<string, number> = new Map();
  readonly #turns: number;
  readonly #kept: number;

  /** @param turns - Turns at a time; ≥ 1. */
  constructor(turns: number) {
    this.#turns = turns;
    this.#kept = Math.floor(turns / KEPT_PART);
  }

  /** The claims that have a turn, in the order in which they got it. */
  get using(): ReadonlySet<Claim> {
    return this.#using;
  }

  /** Whether anybody waits for a turn. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Lets a claim wait for its turn. */
  add(claim: Claim): void {
    const { task, site } = claim;
    const sites = this.#waiting.get(task) ?? new Map<string, Set<Claim>>();
    this.#waiting.set(task, sites);
    sites.set(site, (sites.get(site) ?? new Set()).add(claim));
  }

  /** Gives out a turn. @returns The claim that has it now; undefined when none can have one. */
  next(): Claim | undefined {
    const free = this.#turns - this.#using.size;
    if (free < 1) return undefined;
    for (const [task, sites] of this.#waiting) {
      if (this.#byTask.has(task) && free <= this.#kept) continue;
      for (const [site, claims] of sites) {
        if (this.#bySite.has(keyOf({ task, site })) && free <= 2 * this.#kept) continue;
        const [claim] = claims;
        if (claim === undefined) continue;
        this.#forget(claim);
        // Whoever is served goes to the end of its line.
        if (sites.delete(site) && claims.size > 0) sites.set(site, claims);
        if (this.#waiting.delete(task) && sites.size > 0) this.#waiting.set(task, sites);
        this.#using.add(claim);
        step(this.#byTask, task, 1);
        step(this.#bySite, keyOf(claim), 1);
        return claim;
      }
    }
    return undefined;
  }

  /** Ends a claim, whether it waits or has its turn; idempotent. */
  release(claim: Claim): void {
    if (!this.#using.delete(claim)) {
      this.#forget(claim);
      return;
    }
    step(this.#byTask, claim.task, -1);
    step(this.#bySite, keyOf(claim), -1);
  }

  /** Takes a claim out of those that wait. */
  #forget(claim: Claim): void {
    const sites = this.#waiting.get(claim.task);
    const claims = sites?.get(claim.site);
    if (claims?.delete(claim) !== true || claims.size > 0) return;
    sites?.delete(claim.site);
    if (sites?.size === 0) this.#waiting.delete(claim.task);
  }
}

const keyOf = ({ task, site }: TurnClaim): string => `${task} ${site}`;

/** Changes a count, and forgets it when it is 0. */
function step(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
