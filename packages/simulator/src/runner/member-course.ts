/**
 * What a selected client does in a round, and when. Times are virtual milliseconds after the round
 * has selected its cohort.
 */
export interface MemberCourse {
  readonly client: number;
  /** When it has the plan and the model. */
  readonly configuredMs: number;
  /** When its report is complete; infinite if it never is. */
  readonly reportedMs: number;
  /** When it leaves; infinite if it does not. */
  readonly leavesMs: number;
}

/** The course of a client that takes no time and never leaves. */
export const instantCourse = (client: number): MemberCourse => ({
  client,
  configuredMs: 0,
  reportedMs: 0,
  leavesMs: Infinity,
});
