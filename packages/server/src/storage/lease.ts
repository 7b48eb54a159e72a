import { TributaryError } from "@tributary/protocol";

/** The process that holds a lease, as others can find it. */
export interface LeaseHolder {
  /** The name of its machine, for people. */
  readonly host: string;
  readonly pid: number;
  /** Names the place within which process numbers are unique (`processPlace`). */
  readonly place: string;
  /** When the process started (`processStart`); null when the system does not tell. */
  readonly started: string | null;
}

/** What came of claiming a lease. */
export type LeaseClaim =
  | { readonly taken: true }
  | {
      readonly taken: false;
      readonly holder: LeaseHolder;
      /** Grows by one each time the lease changes hands. */
      readonly epoch: number;
      /** How long the lease still runs unless it is renewed, in milliseconds. */
      readonly expiresInMs: number;
    };

/**
 * The right to work on a store, which one server at a time has. It is fenced: once another server
 * has taken the lease, no write of the holder before it changes the store any more. Time is that of
 * the store, so that the clocks of the servers do not matter.
 */
export interface Lease {
  /**
   * Takes the lease when nobody holds it or when the holder's has expired. From then on the store
   * checks at every write that the lease has not changed hands.
   * @param durationMs - How long the lease runs without a renewal; above 0.
   * @param evicted - The epoch of a holder whose process has certainly ended. Its lease is taken
   *   before it expires.
   * @throws TributaryError `STORAGE_UNAVAILABLE`.
   */
  claim(holder: LeaseHolder, durationMs: number, evicted?: number): Promise<LeaseClaim>;

  /**
   * Lets the lease run for `durationMs` from now on.
   * @returns Whether the lease is still this server's.
   * @throws TributaryError `STORAGE_UNAVAILABLE`.
   */
  renew(durationMs: number): Promise<boolean>;

  /**
   * Gives the lease back, so that another server can take it at once. Does nothing when it is not
   * this server's any more.
   * @throws TributaryError `STORAGE_UNAVAILABLE`.
   */
  release(): Promise<void>;

  /**
   * Makes every call of the store fail with `error` from now on, and those under way at once:
   * another server may have the lease, so that nothing that is read here is certain to be true.
   * `undefined` lifts this again, which is right only after a renewal.
   */
  block(error: TributaryError | undefined): void;
}

/** The error of everything that a server does after it has lost its lease. */
export function leaseLost(reason: string): TributaryError {
  return new TributaryError("LEASE_LOST", reason, {
    remedy: "Start the server again: it goes on from what is stored once it has the lease.",
  });
}
