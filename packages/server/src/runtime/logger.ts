import { pino, type DestinationStream } from "pino";

type Facts = Readonly<Record<string, unknown>>;

/** Structured logs. `event` is a stable name; facts never hold examples, updates, keys or tokens. */
export interface Logger {
  debug(event: string, facts?: Facts): void;
  info(event: string, facts?: Facts): void;
  warn(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Logs as JSON lines to standard error, or to `destination`. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const logger = pino(
    { level, base: null, serializers: { error: pino.stdSerializers.err } },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
  return {
    debug: (event, facts) => logger.debug(facts ?? {}, event),
    info: (event, facts) => logger.info(facts ?? {}, event),
    warn: (event, facts) => logger.warn(facts ?? {}, event),
    error: (event, facts) => logger.error(facts ?? {}, event),
  };
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
