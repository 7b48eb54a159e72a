/**
 * What a client does in a round, and when. Times are in virtual milliseconds; those after `comesMs`
 * count from the moment at which the round has selected its cohort.
 */
export interface MemberCourse {
  readonly client: number;
  /** When it comes, since the beginning of the run. */
  readonly comesMs: number;
  /** How many passes over its examples it makes. */
  readonly epochs: number;
  /** When it has the plan and the model. */
  readonly configuredMs: number;
  /** When its report is complete; infinite if it never is. */
  readonly reportedMs: number;
  /** When it leaves; infinite if it does not. */
  readonly leavesMs: number;
}

/**
 * Whether a member's report is complete while the round takes reports.
 * @param course - Of a member that was selected.
 */
export const reportsWithin = (
  { reportedMs, leavesMs }: MemberCourse,
  reportingTimeoutMs: number,
): boolean => reportedMs <= reportingTimeoutMs && reportedMs < leavesMs;
