import type { Clock } from "@tributary/protocol";
import type { Logger } from "../runtime/logger.ts";
import { requireValid, type Certificate } from "./certificate.ts";

/** What a watch works with. */
export interface CertificateWatchDeps {
  /** Reads the certificate again, or makes it anew when it is the server's own. */
  readonly load: () => Promise<Certificate>;
  /** Uses the certificate for all connections from now on. */
  readonly use: (certificate: Certificate) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Milliseconds between two looks at the certificate's files. */
const LOOK_EVERY_MS = 15_000;
const DAY_MS = 86_400_000;
/** Days before the certificate's end from which the log warns of it. */
const WARNED_DAYS = 14;

/**
 * Keeps the certificate of a running server fresh. It looks at the files every 15 seconds and
 * whenever it is told to, and reads what they hold rather than their dates: tools that renew
 * certificates replace files, links or whole folders. A certificate that cannot be used is an error
 * in the log, and the old one stays.
 */
export class CertificateWatch {
  readonly #deps: CertificateWatchDeps;
  #current: Certificate;
  #looking: Promise<void> = Promise.resolve();
  #lastError = "";
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  /** @param current - The certificate that is in use. */
  constructor(current: Certificate, deps: CertificateWatchDeps) {
    this.#current = current;
    this.#deps = deps;
  }

  /** The certificate in use. */
  get current(): Certificate {
    return this.#current;
  }

  /** Begins to look at the files, and warns at once of an end that is near. */
  start(): void {
    this.#warn();
    this.#cancel = this.#deps.clock.schedule(LOOK_EVERY_MS, () => {
      void this.#look().then(() => {
        if (this.#cancel !== undefined) this.start();
      });
    });
  }

  /** Stops looking. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Looks at the files now. It never rejects: what is wrong is in the log. */
  reload(): Promise<void> {
    this.#lastError = "";
    return this.#look();
  }

  #look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#renew());
    return this.#looking;
  }

  async #renew(): Promise<void> {
    const { load, use, clock, logger } = this.#deps;
    try {
      const next = await load();
      if (next.cert === this.#current.cert && next.key === this.#current.key) return;
      requireValid(next, clock.now());
      use(next);
      this.#current = next;
      this.#lastError = "";
      this.#warnedAtMs = Number.NEGATIVE_INFINITY;
      logger.info("certificate changed", { notAfter: new Date(next.notAfterMs).toISOString() });
    } catch (error) {
      // The files may stay as they are for hours: the log says so once.
      const text = String(error);
      if (text === this.#lastError) return;
      this.#lastError = text;
      logger.error("certificate not reloaded", { error });
    }
  }

  /** Says in the log once a day that the certificate ends soon or has ended. */
  #warn(): void {
    const { clock, logger } = this.#deps;
    const { notAfterMs } = this.#current;
    const leftMs = notAfterMs - clock.now();
    if (leftMs > WARNED_DAYS * DAY_MS || clock.elapsedMs() - this.#warnedAtMs < DAY_MS) return;
    this.#warnedAtMs = clock.elapsedMs();
    const notAfter = new Date(notAfterMs).toISOString();
    if (leftMs <= 0) logger.error("certificate has expired", { notAfter });
    else logger.warn("certificate expires soon", { notAfter, days: Math.floor(leftMs / DAY_MS) });
  }
}
