import type { ErrorCode } from "@tributary/protocol";
import { totalOf, type RoundFates } from "../member/fates.ts";
import { isPermanentRefusal } from "../member/refusal.ts";

/** Rounds in a row that every one of their members has refused. */
const ROUNDS = 3;
/** From how many sites the refusals have come at least. */
const SITES = 3;

/**
 * Notices that all clients refuse a task for one reason that no other attempt cures, such as a plan
 * that the app does not accept. Only rounds count that each member left with the same error. Once a
 * client has come as far as a report, strangers who fill rounds with refusals prove nothing any
 * more.
 */
export class CommonRefusal {
  #code: ErrorCode | undefined;
  #rounds = 0;
  readonly #sites: Set<string> = new Set();
  #isAccepted = false;

  /**
   * Takes note of a training round that has ended.
   * @param sites - Where the members that withdrew connect from. Clients of the server's own machine
   *   have no site, since they are its operator's: they may be the only ones that refuse.
   * @returns The error for which all clients refuse the task; undefined while that is not sure.
   */
  note(fates: RoundFates, sites: Iterable<string>): ErrorCode | undefined {
    this.#isAccepted ||= isAcceptedBySome(fates);
    const code = this.#isAccepted ? undefined : refusalOfAll(fates);
    if (code === undefined || code !== this.#code) this.forget();
    if (code === undefined) return undefined;
    this.#code = code;
    this.#rounds += 1;
    for (const site of sites) this.#sites.add(site);
    const { size } = this.#sites;
    return this.#rounds >= ROUNDS && (size === 0 || size >= SITES) ? code : undefined;
  }

  /** Forgets all refusals, for example because an operator has started the task again. */
  forget(): void {
    this.#code = undefined;
    this.#rounds = 0;
    this.#sites.clear();
  }
}

/** Whether a member has come as far as a report, so that the task suits it. */
function isAcceptedBySome({ reported, refused, left, unfinished }: RoundFates): boolean {
  const isReporting = (stage: string): boolean => stage !== "configuring" && stage !== "training";
  return (
    reported + totalOf(refused) > 0 ||
    [left, unfinished].some((counts) => Object.keys(counts).some(isReporting))
  );
}

/** The error with which every member of a round withdrew for good; undefined if one did not. */
function refusalOfAll({ withdrew, left, unfinished }: RoundFates): ErrorCode | undefined {
  const [code, ...others] = Object.keys(withdrew) as ErrorCode[];
  const isCommon = others.length === 0 && totalOf(left) + totalOf(unfinished) === 0;
  return isCommon && code !== undefined && isPermanentRefusal(code) ? code : undefined;
}
