import { TributaryError, clauseOf, type ErrorCode } from "@tributary/protocol";
import type { ParticipationEvent, UnmetCondition } from "@tributary/client-sdk";
import { formatBytes, formatSeconds, type Output } from "../terminal/output.ts";
import { metricsText } from "../terminal/metrics-text.ts";

/**
 * What to do about errors of the SDK, for a user of the command line. The SDK's own remedies are
 * for programmers.
 */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  SERVER_KEY_MISMATCH:
    "Check the address, and compare --server-key with the key that `tributary serve` prints.",
};

/** Gives an error of the SDK the remedy that fits the command line. */
export function clientError(error: TributaryError): TributaryError {
  const remedy = REMEDIES[error.code] ?? error.remedy?.replace("as tls.ca", "with --ca");
  if (remedy === error.remedy || remedy === undefined) return error;
  const { context, cause } = error;
  return new TributaryError(error.code, clauseOf(error), { remedy, context, cause });
}

/** A condition that keeps the client from working, with who asks for it. */
function unmetText({ condition, askedBy, isKnown }: UnmetCondition): string {
  const asker = askedBy === "plan" ? "the plan" : "your options";
  return `${condition} (of ${asker}${isKnown ? "" : "; this machine cannot tell"})`;
}

/** Shows a person how a client takes part. */
export function showParticipation(output: Output): (event: ParticipationEvent) => void {
  /** The last error that was shown. Its remedy is not repeated while the client keeps trying. */
  let told: ErrorCode | undefined;
  const tellError = (what: string, error: TributaryError, againInMs: number): void => {
    const { code, remedy } = clientError(error);
    output.say(`${what}, tries again in ${formatSeconds(againInMs)}: ${clauseOf(error)} [${code}]`);
    if (remedy !== undefined && code !== told) output.say(`  ${remedy}`);
    told = code;
  };
  return (event) => {
    switch (event.type) {
      case "connected":
        told = undefined;
        output.say("connected; the server has proved that it has the pinned key");
        break;
      case "rejected":
        output.say(
          `not now, tries again in ${formatSeconds(event.retryAfterMs)}: ${event.message} [${event.code}]`,
        );
        break;
      case "selected":
        output.say(
          event.purpose === "training"
            ? `round ${event.roundNumber} of "${event.task}"`
            : `evaluates the checkpoint of round ${event.roundNumber} of "${event.task}"`,
        );
        break;
      case "engine-chosen":
        output.say(`  trains with ${event.engine} on ${event.backend}: ${event.reason}`);
        if (event.slowBecause !== undefined) output.say(`  this is slow: ${event.slowBecause}`);
        break;
      case "training":
        output.redraw(
          `  epoch ${event.epoch}  batch ${event.batch}/${event.batches}  loss ${event.loss.toFixed(4)}`,
        );
        break;
      case "counted":
        output.say(`  counted the columns of ${event.exampleCount} rows`);
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
          `  the report was refused, tries again in ${formatSeconds(event.retryInMs)}: ${event.message} [${event.code}]`,
        );
        break;
      case "round-finished":
        output.say(
          event.outcome.type === "committed"
            ? `  ${event.purpose === "training" ? "new" : "measured"} checkpoint ${event.outcome.checkpoint.slice(0, 12)}…`
            : `  round abandoned: ${event.outcome.reason}`,
        );
        break;
      case "conditions-unmet":
        output.say(`waits for these conditions: ${event.unmet.map(unmetText).join(", ")}`);
        break;
      case "conditions-met":
        output.say("the conditions hold, goes on");
        break;
      case "check-in-failed":
        tellError("could not check in", event.error, event.retryInMs);
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
