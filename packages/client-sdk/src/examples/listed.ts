/** The most names that a message lists. */
const MOST = 40;

/** Lists names for a message, which says so when there are more than it lists. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST).join(", ");
  return names.length > MOST ? `${shown} and others` : shown;
}
