import type { MemberState } from "./member.ts";

/**
 * How many members of a cohort met each fate. All counts together are the size of the cohort. A key
 * that is absent stands for 0.
 */
export interface RoundFates {
  /** Members whose reports are in the aggregate. */
  readonly reported: number;
  /** Members whose reports were refused, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Members that gave up by themselves, by the error code that they gave. */
  readonly withdrew: Readonly<Record<string, number>>;
  /** Members whose connection was lost, by the stage that they had reached. */
  readonly left: Readonly<Record<string, number>>;
  /** Members that were still at work when the round ended, by the stage that they had reached. */
  readonly unfinished: Readonly<Record<string, number>>;
}

/**
 * Counts members by their fate at the end of their round.
 * @param members - Their states when the round ended.
 * @returns Counts whose keys are in alphabetical order.
 */
export function countFates(members: Iterable<MemberState>): RoundFates {
  let reported = 0;
  const refused = new Map<string, number>();
  const withdrew = new Map<string, number>();
  const left = new Map<string, number>();
  const unfinished = new Map<string, number>();
  for (const member of members) {
    switch (member.stage) {
      case "reported":
        reported += 1;
        break;
      case "refused":
        count(refused, member.code);
        break;
      case "withdrew":
        count(withdrew, member.code);
        break;
      case "left":
        count(left, member.during);
        break;
      default:
        count(unfinished, member.stage);
    }
  }
  return {
    reported,
    refused: sorted(refused),
    withdrew: sorted(withdrew),
    left: sorted(left),
    unfinished: sorted(unfinished),
  };
}

/** The fates of a round that had no cohort. */
export const NO_FATES: RoundFates = countFates([]);

/** The fates of the members of two cohorts. */
export function sumOfFates(a: RoundFates, b: RoundFates): RoundFates {
  const sum = (kind: "refused" | "withdrew" | "left" | "unfinished"): Record<string, number> => {
    const counts = new Map(Object.entries(a[kind]));
    for (const [key, value] of Object.entries(b[kind])) {
      counts.set(key, (counts.get(key) ?? 0) + value);
    }
    return sorted(counts);
  };
  return {
    reported: a.reported + b.reported,
    refused: sum("refused"),
    withdrew: sum("withdrew"),
    left: sum("left"),
    unfinished: sum("unfinished"),
  };
}

/** The number of members that one kind of fate counts. */
export function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
