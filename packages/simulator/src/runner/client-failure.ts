import { TributaryError, asTributaryError, clauseOf } from "@tributary/protocol";

/**
 * Says in which client work has failed. The run of a client that fails stops, and other runs go on.
 * @param roundNumber - Undefined when the client was in no round.
 * @param cause - What the work threw. A stop stays what it is.
 */
export function clientFailure(
  client: number,
  roundNumber: number | undefined,
  cause: unknown,
): TributaryError {
  const error = asTributaryError(cause, "TRAINING_FAILED", "Training failed");
  if (error.code === "ABORTED") return error;
  const { code, remedy } = error;
  const where = roundNumber === undefined ? "left" : `in round ${roundNumber}`;
  return new TributaryError(code, `Client ${client} ${where}: ${clauseOf(error)}`, {
    ...(remedy === undefined ? {} : { remedy }),
    context: { client, ...(roundNumber !== undefined && { round: roundNumber }) },
    cause,
  });
}
