import type { ErrorCode, SessionId } from "@tributary/protocol";
import { countFates, type RoundFates } from "./fates.ts";
import { SELECTED, isAtWork, stepMember, type MemberEvent, type MemberState } from "./member.ts";
import { isPermanentRefusal } from "./refusal.ts";

/**
 * The members of one round, counted. Every change goes through `stepMember`, so that the counts and
 * the members' states cannot disagree.
 */
export class Cohort {
  readonly #members: Map<SessionId, MemberState>;
  /** Members whose reports are complete and wait to be added, the oldest first. */
  readonly #uploaded: Set<SessionId> = new Set();
  #atWork: number;
  /** Those of them for whom the round waits to come back. */
  #awaited = 0;
  #awaitedUntilMs = 0;
  #adding = 0;
  #reported = 0;
  /** `none` before the first refusal, and `mixed` once the members differ. */
  #refusal: ErrorCode | "none" | "mixed" = "none";

  constructor(sessions: Iterable<SessionId>) {
    this.#members = new Map(Array.from(sessions, (session) => [session, SELECTED]));
    this.#atWork = this.#members.size;
  }

  /** Members in all. */
  get size(): number {
    return this.#members.size;
  }

  /** Members that may still report; those whose reports are being added are among them. */
  get atWork(): number {
    return this.#atWork;
  }

  /**
   * Until when the round waits for members to come back; `undefined` while a member at work is
   * present, and when nobody is at work.
   */
  get awaitedUntilMs(): number | undefined {
    const isAlone = this.#awaited > 0 && this.#awaited === this.#atWork;
    return isAlone ? this.#awaitedUntilMs : undefined;
  }

  /** Reports that are being added. */
  get adding(): number {
    return this.#adding;
  }

  /** Reports that have been added. */
  get reported(): number {
    return this.#reported;
  }

  /**
   * The error with which every member that has ended its work has refused for good; undefined when
   * there is no such error, or when a member has come as far as a report.
   */
  get commonRefusal(): ErrorCode | undefined {
    return this.#refusal === "none" || this.#refusal === "mixed" ? undefined : this.#refusal;
  }

  /** The member whose complete report has waited longest to be added. */
  get nextToAdd(): SessionId | undefined {
    return this.#uploaded.values().next().value;
  }

  /** The members in the order of their selection. */
  get sessions(): Iterable<SessionId> {
    return this.#members.keys();
  }

  /** A member's state; `undefined` for a session that is no member. */
  state(session: SessionId): MemberState | undefined {
    return this.#members.get(session);
  }

  /**
   * Applies an event to a member.
   * @returns Whether the event could happen. Nothing has changed when it could not.
   */
  step(session: SessionId, event: MemberEvent): boolean {
    const before = this.#members.get(session);
    const after = before && stepMember(before, event);
    if (before === undefined || after === undefined) return false;
    this.#members.set(session, after);
    if (before.stage === "uploaded") this.#uploaded.delete(session);
    if (before.stage === "adding") this.#adding -= 1;
    if (after.stage === "uploaded") this.#uploaded.add(session);
    if (after.stage === "adding") this.#adding += 1;
    if (after.stage === "reported") this.#reported += 1;
    if (!isAtWork(after)) this.#atWork -= 1;
    this.#compareRefusal(after);
    this.#awaited += Number(isAwaited(after)) - Number(isAwaited(before));
    if (event.type === "lost") {
      this.#awaitedUntilMs = Math.max(this.#awaitedUntilMs, event.awaitedUntilMs);
    }
    return true;
  }

  /**
   * Waits no longer for members to come back.
   * @returns The members that have left thereby.
   */
  giveUpAwaited(): readonly SessionId[] {
    const awaited = [...this.#members].filter(([, state]) => isAwaited(state));
    for (const [session] of awaited) this.step(session, { type: "left" });
    return awaited.map(([session]) => session);
  }

  #compareRefusal(state: MemberState): void {
    if (state.stage === "configuring" || state.stage === "training") return;
    const refusal =
      state.stage === "withdrew" && isPermanentRefusal(state.code) ? state.code : "mixed";
    this.#refusal = this.#refusal === "none" || this.#refusal === refusal ? refusal : "mixed";
  }

  /** Takes back the selection of a client that has done nothing yet. Others stay as they are. */
  drop(session: SessionId): void {
    if (this.#members.get(session) !== SELECTED) return;
    this.#members.delete(session);
    this.#atWork -= 1;
  }

  /** Counts the members by what has become of them so far. */
  fates(): RoundFates {
    return countFates(this.#members.values());
  }
}

/** Whether a member is away and has to come back, because its report is not complete. */
const isAwaited = (state: MemberState): boolean =>
  isAtWork(state) &&
  state.isAway === true &&
  state.stage !== "uploaded" &&
  state.stage !== "adding";
