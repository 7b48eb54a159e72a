import { hostname } from "node:os";
import { TributaryError, type Clock } from "@tributary/protocol";
import type { Logger } from "../runtime/logger.ts";
import { leaseLost, type Lease, type LeaseClaim, type LeaseHolder } from "./lease.ts";
import { isProcessAlive, processPlace, processStart } from "./process-identity.ts";

/** How many times the lease is renewed while it runs. */
const RENEWALS = 3;
/** How many times a renewal that has failed is tried again while the lease runs. */
const TRIES = 12;
/** Milliseconds between two looks at a lease that another server holds. */
const LOOK_AGAIN_MS = 1_000;

/** What taking and keeping a lease needs. */
export interface LeaseOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the lease runs without a renewal, in milliseconds. */
  readonly durationMs: number;
  /** Whether to wait while another server holds the lease. */
  readonly waits: boolean;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

type Refused = Extract<LeaseClaim, { taken: false }>;

/**
 * Takes a lease, or waits until it can be taken. The lease of a process of this machine that has
 * ended is taken at once.
 * @throws TributaryError `STORAGE_LOCKED`, which names the holder, when another server holds it and
 *   `waits` is false; `ABORTED`; `STORAGE_UNAVAILABLE`.
 */
export async function takeLease(lease: Lease, options: LeaseOptions): Promise<LeaseKeeper> {
  const { clock, logger, durationMs, waits, signal } = options;
  const me = await thisProcess();
  let evicted: number | undefined;
  let seen: number | undefined;
  for (;;) {
    const askedAtMs = clock.elapsedMs();
    const claim = await lease.claim(me, durationMs, evicted);
    if (claim.taken) return new LeaseKeeper(lease, askedAtMs, options);
    if (claim.epoch !== evicted && (await hasEnded(claim.holder, me))) {
      evicted = claim.epoch;
      continue;
    }
    if (!waits) throw heldError(claim);
    const { host, pid } = claim.holder;
    if (claim.epoch !== seen) logger.info("waiting for another server's lease", { host, pid });
    seen = claim.epoch;
    await pause(clock, Math.min(LOOK_AGAIN_MS, claim.expiresInMs), signal);
  }
}

/**
 * Renews a lease for as long as the server runs. When the time of the lease has passed without a
 * renewal, another server may have taken over, and the store is blocked until it is known. If the
 * next renewal finds the same epoch, nobody has, so that all that the server knows is still true,
 * and it goes on. Otherwise the lease is lost.
 */
export class LeaseKeeper {
  readonly #lease: Lease;
  readonly #options: LeaseOptions;
  /** When the lease runs out, by the monotonic clock of this process. */
  #endsAtMs: number;
  #isCertain = true;
  #isOver = false;
  #cancelRenewal: () => void = () => {};
  #cancelEnd: () => void = () => {};
  #renewing: Promise<void> = Promise.resolve();
  #tellLost: (error: TributaryError) => void = () => {};
  /** Resolves when another server has taken the lease. The store then fails every call. */
  readonly lost: Promise<TributaryError>;

  /** @param takenAtMs - When the lease was asked for, by the monotonic clock. */
  constructor(lease: Lease, takenAtMs: number, options: LeaseOptions) {
    this.#lease = lease;
    this.#options = options;
    this.#endsAtMs = takenAtMs + options.durationMs;
    this.lost = new Promise((resolve) => (this.#tellLost = resolve));
    this.#watchEnd();
    this.#renewAfter(options.durationMs / RENEWALS);
  }

  /** Gives the lease back. If that fails, it runs out by itself. Idempotent. */
  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#stop();
    await this.#renewing;
    await this.#lease
      .release()
      .catch((error: unknown) => this.#options.logger.warn("lease not given back", { error }));
  }

  #renewAfter(delayMs: number): void {
    this.#cancelRenewal = this.#options.clock.schedule(delayMs, () => {
      this.#renewing = this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const { clock, durationMs, logger } = this.#options;
    const askedAtMs = clock.elapsedMs();
    try {
      const isMine = await this.#lease.renew(durationMs);
      if (this.#isOver) return;
      if (!isMine) {
        this.#lose();
        return;
      }
      // The time at which it was asked for is the earliest at which the store can have granted it.
      this.#endsAtMs = askedAtMs + durationMs;
      this.#cancelEnd();
      this.#watchEnd();
      this.#setCertain(true);
      this.#renewAfter(durationMs / RENEWALS);
    } catch (error) {
      if (this.#isOver) return;
      logger.warn("lease not renewed", { error });
      this.#renewAfter(durationMs / TRIES);
    }
  }

  /** The lease ends whether or not the store answers. */
  #watchEnd(): void {
    const { clock } = this.#options;
    this.#cancelEnd = clock.schedule(this.#endsAtMs - clock.elapsedMs(), () =>
      this.#setCertain(false),
    );
  }

  /** Blocks the store when it is no longer certain that the lease is this server's. */
  #setCertain(isCertain: boolean): void {
    if (this.#isCertain === isCertain) return;
    this.#isCertain = isCertain;
    const { logger } = this.#options;
    if (isCertain) logger.info("lease renewed after it had run out");
    else logger.error("lease has run out");
    this.#lease.block(isCertain ? undefined : uncertain());
  }

  #lose(): void {
    this.#stop();
    const error = leaseLost("Another server has taken over the store");
    this.#lease.block(error);
    this.#tellLost(error);
  }

  #stop(): void {
    this.#isOver = true;
    this.#cancelRenewal();
    this.#cancelEnd();
  }
}

/** The error of calls while it is not known whether another server has taken over. */
function uncertain(): TributaryError {
  return new TributaryError(
    "STORAGE_UNAVAILABLE",
    "The lease of the database has run out, because the database did not answer in time",
    { remedy: "Check the database. The server goes on by itself unless another has taken over." },
  );
}

async function thisProcess(): Promise<LeaseHolder> {
  const { pid } = process;
  const started = (await processStart(pid)) ?? null;
  return { host: hostname(), pid, place: await processPlace(), started };
}

/** Whether the holder is a process that can be looked up from here and has ended. */
async function hasEnded(holder: LeaseHolder, me: LeaseHolder): Promise<boolean> {
  return (
    holder.place === me.place && !(await isProcessAlive(holder.pid, holder.started ?? undefined))
  );
}

function heldError({ holder: { host, pid }, expiresInMs }: Refused): TributaryError {
  const seconds = Math.max(1, Math.ceil(expiresInMs / 1_000));
  return new TributaryError(
    "STORAGE_LOCKED",
    `The database is in use by the server of process ${pid} on ${host}`,
    {
      remedy:
        `Stop that server, or start this one with --wait-for-lease. If that server has crashed, ` +
        `its lease expires in ${seconds} s.`,
      context: { host, pid, expiresInMs: Math.ceil(expiresInMs) },
    },
  );
}

/** Waits. @throws TributaryError `ABORTED`. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(new TributaryError("ABORTED", "The server was stopped before it had the lease"));
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
