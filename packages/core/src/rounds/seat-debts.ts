/** What `SeatDebts` allows. */
export interface SeatLimits {
  /** How many seats the clients of one site may waste before they have to wait; ≥ 0. */
  readonly maxWastedSeats: number;
  /** After how long one wasted seat is forgiven, in milliseconds. */
  readonly forgivenMs: number;
  /** The largest number of sites that is remembered. */
  readonly maxSites: number;
}

/** The longest time that clients of a site have to wait for the debt of another one, milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/**
 * How many of its good seats a site is credited with. The clients of a large network, some of which
 * always fail, may waste so many seats at once.
 */
const MAX_CREDIT = 256;

/**
 * Keeps account of what the clients of each site make of their seats in cohorts. A seat is wasted by
 * a client that withdraws, leaves, has its report refused, or is not ready when its time is over. A
 * report that counts makes good for one wasted seat. Times are milliseconds of one clock that does
 * not go back.
 */
export class SeatDebts {
  readonly #limits: SeatLimits;
  /**
   * Wasted seats less good ones at a moment, by site, in the order in which they last changed. It is
   * negative for a site with credit.
   */
  readonly #debts: Map<string, { readonly seats: number; readonly atMs: number }> = new Map();

  constructor(limits: SeatLimits) {
    this.#limits = limits;
  }

  /** Number of sites that are remembered. */
  get size(): number {
    return this.#debts.size;
  }

  /** A client of the site has wasted its seat. */
  waste(site: string, nowMs: number): void {
    this.#set(site, this.#debtOf(site, nowMs) + 1, nowMs);
  }

  /** The report of a client of the site counts. */
  earn(site: string, nowMs: number): void {
    this.#set(site, Math.max(-MAX_CREDIT, this.#debtOf(site, nowMs) - 1), nowMs);
  }

  /**
   * Whether a site has wasted more seats than were forgiven or made good, and more than the one that
   * a lost connection may cost anybody.
   */
  isInDebt(site: string, nowMs: number): boolean {
    return this.#debtOf(site, nowMs) > 1;
  }

  /** How long clients of a site have to wait, in milliseconds; 0 when they need not wait. */
  waitMs(site: string, nowMs: number): number {
    const { maxWastedSeats, forgivenMs } = this.#limits;
    const excess = this.#debtOf(site, nowMs) - maxWastedSeats;
    return Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(excess * forgivenMs)));
  }

  #debtOf(site: string, nowMs: number): number {
    const debt = this.#debts.get(site);
    if (debt === undefined) return 0;
    if (debt.seats <= 0) return debt.seats;
    return Math.max(0, debt.seats - (nowMs - debt.atMs) / this.#limits.forgivenMs);
  }

  #set(site: string, seats: number, atMs: number): void {
    this.#debts.delete(site);
    if (seats === 0) return;
    this.#debts.set(site, { seats, atMs });
    // The site that has done nothing for longest begins anew.
    const [oldest] = this.#debts.keys();
    if (this.#debts.size > this.#limits.maxSites && oldest !== undefined) {
      this.#debts.delete(oldest);
    }
  }
}
