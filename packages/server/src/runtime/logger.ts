import { pino, type DestinationStream } from "pino";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A structured log. `event` is a stable name for what has happened, and `fields` describe it.
 * Fields never hold examples, updates, keys or tokens.
 */
export interface Logger {
  /** For whoever looks for a fault: what happens in the normal course of things. */
  debug(event: string, fields?: Fields): void;
  /** Something that an operator may want to know later. */
  info(event: string, fields?: Fields): void;
  /** Something went wrong, and the server has dealt with it. */
  warn(event: string, fields?: Fields): void;
  /** Something went wrong that a person should look at. */
  error(event: string, fields?: Fields): void;
}

/** The least severe lines that are logged; `silent` logs nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** A logger whose level can be changed. */
export interface LevelledLogger extends Logger {
  /** From now on only lines of this level and of more severe ones are logged. */
  setLevel(level: LogLevel): void;
}

/** Makes a logger that writes JSON lines to standard error, or to `destination`. */
export function createLogger(level: LogLevel, destination?: DestinationStream): LevelledLogger {
  const logger = pino(
    { level, base: null, serializers: { error: pino.stdSerializers.err } },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    setLevel: (next) => void (logger.level = next),
  };
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
