import { TributaryError, type PlanFeature } from "@tributary/protocol";

/**
 * Milliseconds before a client that cannot read a plan should come back. Its app has to be updated
 * first, or another task has to begin.
 */
const OLD_CLIENT_WAIT_MS = 600_000;

/**
 * Why a client cannot read a plan. Without this answer it would fetch the plan, find it invalid,
 * withdraw, and come back for it again and again.
 * @param known - Names of the plan features that the client knows.
 * @param used - The features that the plan uses.
 * @returns `NOT_ELIGIBLE`, which names the features and the first SDK that knows each of them;
 *   `undefined` when the client can read the plan.
 */
export function planRefusal(
  known: readonly string[],
  used: readonly PlanFeature[],
): TributaryError | undefined {
  const unknown = used.filter(({ name }) => !known.includes(name));
  if (unknown.length === 0) return undefined;
  const names = unknown.map(({ name, since }) => `${name} (SDK ${since})`).join(", ");
  return new TributaryError(
    "NOT_ELIGIBLE",
    `The client is too old for the plan, which uses ${names}`,
    {
      remedy: "Update the client SDK to the newest version that is named here, or a later one.",
      retryAfterMs: OLD_CLIENT_WAIT_MS,
      context: { reason: "plan-features" },
    },
  );
}
