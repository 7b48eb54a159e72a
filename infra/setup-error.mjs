/** An error that stops set-up or a check, in words for the person who runs it. */
export class SetupError extends Error {
  /**
   * @param {string} cause - What went wrong: one sentence.
   * @param {string} remedy - What to do about it: one sentence, or lines to type.
   * @param {string} [details] - The output of the tool that failed; shown above the sentence.
   */
  constructor(cause, remedy, details) {
    super(cause);
    this.name = "SetupError";
    this.remedy = remedy;
    this.details = details;
  }
}

/**
 * @param {unknown} error
 * @returns {string} What to print for it: the tool's output, then cause and remedy.
 */
export function describeError(error) {
  if (!(error instanceof SetupError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const details = error.details?.trim();
  return [...(details ? [details, ""] : []), error.message, error.remedy].join("\n");
}
