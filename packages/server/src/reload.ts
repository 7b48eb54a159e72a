import { resolveLimits, type Limits } from "@tributary/protocol";
import type { CertificateWatch } from "./certificate/certificate-watch.ts";
import type { LevelledLogger, Logger } from "./runtime/logger.ts";
import { changeLimits, type ServerSettings } from "./server-settings.ts";

/** What a reload changes. */
export interface ReloadDeps {
  /** The limits of the running server. They are changed in place. */
  readonly limits: Limits;
  readonly logger: Logger;
  /** The logger whose level the settings say; an injected logger has a level of its own. */
  readonly ownLogger: Pick<LevelledLogger, "setLevel">;
  readonly certificate: CertificateWatch | undefined;
  /** Is told when limits have changed that it has taken over. */
  readonly gateway: { limitsChanged(): void };
}

/** Lets a running server read its certificate and its settings again. */
export class Reload {
  readonly #deps: ReloadDeps;

  constructor(deps: ReloadDeps) {
    this.#deps = deps;
  }

  /** @param read - Reads the settings; only the certificate is read again if left out. */
  async run(read?: () => Promise<ServerSettings>): Promise<void> {
    const { certificate, logger } = this.#deps;
    await certificate?.reload();
    try {
      if (read !== undefined) this.#change(await read());
    } catch (error) {
      logger.error("settings not reloaded", { error });
    }
  }

  #change(settings: ServerSettings): void {
    const { limits, logger, ownLogger, gateway } = this.#deps;
    const { logLevel = "info" } = settings;
    const { changed, waiting } = changeLimits(limits, resolveLimits(settings.limits));
    gateway.limitsChanged();
    // The old level decides on these lines, so that whoever raises it sees that it has been raised.
    logger.info("settings reloaded", { logLevel, changed });
    if (waiting.length > 0) logger.warn("settings wait for the next start", { limits: waiting });
    ownLogger.setLevel(logLevel);
  }
}
