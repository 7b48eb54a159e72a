import { TributaryError, type ErrorCode } from "@tributary/protocol";
import type { ParticipationEvent } from "@tributary/client-sdk";
import { metricsText } from "../describe-round.ts";
import { causeOf, formatBytes, formatSeconds, type Output } from "../output.ts";

/** What the SDK tells programs to do, in words of the command line. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  CONNECTION_FAILED:
    "Check the address and that the server runs; --ca names the certificate of one with its own.",
  SERVER_KEY_MISMATCH:
    "Check the address, and compare --server-key with the key that `tributary serve` prints.",
};

/** An error of the SDK with the command's own remedy. */
export function clientError(error: TributaryError): TributaryError {
  const remedy = REMEDIES[error.code];
  if (remedy === undefined) return error;
  const { context, cause } = error;
  return new TributaryError(error.code, causeOf(error), { remedy, context, cause });
}

/** Tells a person how a client fares. */
export function participationTeller(output: Output): (event: ParticipationEvent) => void {
  /** What was told last of an error, so that trying again does not repeat it. */
  let told: ErrorCode | undefined;
  const tellError = (what: string, error: TributaryError, againInMs: number): void => {
    const { code, remedy } = clientError(error);
    output.say(`${what}, again in ${formatSeconds(againInMs)}: ${causeOf(error)} [${code}]`);
    if (remedy !== undefined && code !== told) output.say(`  ${remedy}`);
    told = code;
  };
  return (event) => {
    switch (event.type) {
      case "connected":
        told = undefined;
        output.say("connected, the server holds the pinned key");
        break;
      case "rejected":
        output.say(
          `not now, again in ${formatSeconds(event.retryAfterMs)}: ${event.message} [${event.code}]`,
        );
        break;
      case "selected":
        output.say(
          event.purpose === "training"
            ? `round ${event.roundNumber} of "${event.task}"`
            : `evaluation of round ${event.roundNumber}'s checkpoint of "${event.task}"`,
        );
        break;
      case "engine-chosen":
        output.say(`  trains with ${event.engine} on ${event.backend}: ${event.reason}`);
        break;
      case "training":
        output.redraw(
          `  epoch ${event.epoch}  batch ${event.batch}/${event.batches}  loss ${event.loss.toFixed(4)}`,
        );
        break;
      case "trained":
      case "evaluated":
        output.say(`  ${event.type}: ${metricsText(event.metrics)}`);
        break;
      case "reported":
        told = undefined;
        output.say(`  reported ${formatBytes(event.bytesUp)}`);
        break;
      case "report-refused":
        output.say(
          `  refused, again in ${formatSeconds(event.retryInMs)}: ${event.message} [${event.code}]`,
        );
        break;
      case "round-finished":
        output.say(
          event.outcome.type === "committed"
            ? `  ${event.purpose === "training" ? "new" : "measured"} checkpoint ${event.outcome.checkpoint.slice(0, 12)}…`
            : `  round abandoned: ${event.outcome.reason}`,
        );
        break;
      case "withdrawn":
        tellError("  withdrew", event.error, event.retryInMs);
        break;
      case "disconnected":
        tellError("disconnected", event.error, event.retryInMs);
        break;
      default:
        break;
    }
  };
}
