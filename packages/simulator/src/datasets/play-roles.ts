/** What one role of plays says, in the order of the text. */
export interface PlayRole {
  /** The name of the role, such as `KING RICHARD II`. Roles of one name in two plays are one. */
  readonly role: string;
  /** The first four fifths of its lines, to train on. */
  readonly train: string;
  /** The last fifth of its lines, which is held out. */
  readonly test: string;
}

/** Roles with fewer lines are left out: nothing could be held out. */
const LEAST_LINES = 3;

const TEST_SHARE = 0.2;

/**
 * Divides the text of plays among their roles, each of which is a natural client. A speech begins
 * after an empty line with the name of its role and a colon; other paragraphs are left out.
 * @returns The roles in the order of their first speeches.
 * @see arXiv:1812.01097 (LEAF), "Shakespeare": roles with more than two lines, the last 20 % of whose
 *   lines are for testing
 */
export function readPlayRoles(text: string): PlayRole[] {
  const roles = new Map<string, string[]>();
  for (const paragraph of text.replaceAll(/\r\n?/g, "\n").split(/\n{2,}/)) {
    const [head = "", ...lines] = paragraph.trim().split("\n");
    if (!/^[^:]+:$/.test(head)) continue;
    const role = head.slice(0, -1);
    roles.set(role, [...(roles.get(role) ?? []), ...lines]);
  }
  return [...roles]
    .filter(([, lines]) => lines.length >= LEAST_LINES)
    .map(([role, lines]) => {
      const tested = Math.max(1, Math.floor(TEST_SHARE * lines.length));
      const textOf = (part: readonly string[]): string => part.map((line) => `${line}\n`).join("");
      return { role, train: textOf(lines.slice(0, -tested)), test: textOf(lines.slice(-tested)) };
    });
}
