import { pino, type DestinationStream } from "pino";

type Facts = Readonly<Record<string, unknown>>;

/** Structured logs. `event` is a stable name; facts never hold examples, updates, keys or tokens. */
export interface Logger {
  /** For whoever looks for a fault: what happens in the normal course of things. */
  debug(event: string, facts?: Facts): void;
  /** Something that an operator may want to know later. */
  info(event: string, facts?: Facts): void;
  /** Something went wrong, and the server has dealt with it. */
  warn(event: string, facts?: Facts): void;
  /** Something went wrong that a person should look at. */
  error(event: string, facts?: Facts): void;
}

/** How important a line must be for the log to show it; `silent` shows none. */
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

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
