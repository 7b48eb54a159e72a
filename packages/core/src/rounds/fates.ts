import type { ErrorCode } from "@tributary/protocol";

/** How far a member of a cohort had come: it waits between asking for a turn to upload and getting it. */
export type MemberStage = "configuring" | "training" | "waiting" | "uploading";

/** What became of one member of a cohort. */
export type MemberFate =
  /** Its report is in the aggregate. */
  | { readonly type: "reported" }
  | { readonly type: "refused"; readonly code: ErrorCode }
  /** It gave up by itself and said why. */
  | { readonly type: "withdrew"; readonly code: ErrorCode }
  /** Its connection was gone. */
  | { readonly type: "left"; readonly stage: MemberStage }
  /** The round ended without waiting for it. */
  | { readonly type: "unfinished"; readonly stage: MemberStage };

/** Members of a cohort by what became of them; all counts together are the cohort. Absent keys are 0. */
export interface RoundFates {
  readonly reported: number;
  /** By error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** By the error code that the client gave. */
  readonly withdrew: Readonly<Record<string, number>>;
  /** By stage. */
  readonly left: Readonly<Record<string, number>>;
  /** By stage. */
  readonly unfinished: Readonly<Record<string, number>>;
}

/** Counts members by fate; the keys of each count are in alphabetical order. */
export function countFates(fates: Iterable<MemberFate>): RoundFates {
  let reported = 0;
  const counts = {
    refused: new Map(),
    withdrew: new Map(),
    left: new Map(),
    unfinished: new Map(),
  };
  for (const fate of fates) {
    if (fate.type === "reported") {
      reported += 1;
      continue;
    }
    const by = counts[fate.type];
    const key = "code" in fate ? fate.code : fate.stage;
    by.set(key, (by.get(key) ?? 0) + 1);
  }
  return {
    reported,
    refused: sorted(counts.refused),
    withdrew: sorted(counts.withdrew),
    left: sorted(counts.left),
    unfinished: sorted(counts.unfinished),
  };
}

/** Those of no cohort. */
export const NO_FATES: RoundFates = countFates([]);

/** Members in all of one fate's counts. */
export function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
