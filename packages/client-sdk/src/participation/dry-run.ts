import {
  asTributaryError,
  encodeClientMessage,
  isTributaryError,
  type ClientMessage,
  type ClientCrypto,
  type Plan,
  type RoundId,
  type RoundPurpose,
  type TributaryError,
} from "@tributary/protocol";
import type { AskedConditions } from "../conditions/asked-conditions.ts";
import type { ConditionalWork } from "../conditions/eligibility.ts";
import type { UnmetCondition } from "../conditions/unmet.ts";
import { PlanApproval } from "../trust/plan-approval.ts";
import { planSummary, type PlanSummary } from "../trust/plan-summary.ts";
import { checkEnough, checkFloors, checkSteps, termsOf } from "../trust/floors/check-floors.ts";
import type { CachedModel } from "../trust/model-cache.ts";
import { countExamples } from "./app-examples.ts";
import type { EventSink } from "./event-stream.ts";
import { workForRound, type LocalWorkDeps } from "./local-work.ts";
import { reportBegin, reportChunks } from "./report-messages.ts";

/** What a round of the newest plan would do on this device, and what would leave the device. */
export interface DryRun {
  readonly plan: Plan;
  readonly summary: PlanSummary;
  /** Why this client would refuse the plan, because of a floor; undefined if it would not. */
  readonly refused: TributaryError | undefined;
  /** The conditions that would keep this client from working now; the dry run works all the same. */
  readonly unmet: readonly UnmetCondition[];
  /**
   * The report, as the messages that would carry it: the bytes before they are encrypted, in order.
   * The round's id and nonce, which only a round has, are zeros. Empty when the plan is refused.
   */
  readonly messages: readonly ReportMessage[];
}

/** One message of a report. */
export interface ReportMessage {
  readonly type: ClientMessage["type"];
  /** The message as protobuf: see docs/protocol.md. */
  readonly bytes: Uint8Array;
}

/** What a dry run needs. */
export interface DryRunDeps extends Omit<
  LocalWorkDeps,
  "offered" | "approval" | "events" | "eligibility"
> {
  readonly crypto: ClientCrypto;
}

/** Where the report of a dry run goes: nowhere. */
const NOWHERE = {
  roundId: "rnd_0000000000000000" as RoundId,
  reportNonce: new Uint8Array(16),
};

/** A dry run works whatever the device is like: the person wants to see what it would be. */
const unconditional: ConditionalWork = { whileMet: (_, signal, work) => work(signal) };

/** Nobody hears of the events of a dry run. */
const silent: EventSink = { push: () => {}, room: () => Promise.resolve() };

/**
 * Does a round's work on this device, up to the report, and sends nothing. What a report leaves for
 * the next one, such as residuals, is not kept.
 * @throws TributaryError `EXAMPLES_INVALID` and what else keeps the client from working; `ABORTED`.
 */
export async function dryRun(
  deps: DryRunDeps,
  eligibility: AskedConditions,
  model: CachedModel,
  purpose: RoundPurpose,
  signal: AbortSignal,
): Promise<DryRun> {
  const { crypto, floors } = deps;
  const { plan } = model.plan;
  const offered = await countExamples(deps, signal);
  if (isTributaryError(offered)) throw offered;
  const exampleCount = purpose === "training" ? offered.exampleCount : offered.heldOutCount;
  const unmet = await eligibility.unmet(model.plan, signal);
  const summary = planSummary(crypto, model.plan, { purpose, exampleCount });
  try {
    checkFloors(floors, termsOf(crypto, model.plan), true);
    checkEnough(floors, exampleCount);
    if (purpose === "training") checkSteps(floors, plan, exampleCount);
  } catch (error) {
    return { plan, summary, refused: asTributaryError(error), unmet, messages: [] };
  }
  // The approval is for the round: a dry run is what the person may want to see before.
  const approval = new PlanApproval(crypto, undefined);
  const roundNumber = purpose === "training" ? model.roundNumber + 1 : model.roundNumber;
  const round = { roundId: NOWHERE.roundId, roundNumber, purpose };
  const report = await workForRound(
    { ...deps, eligibility: unconditional, offered, approval, events: silent },
    round,
    model,
    signal,
  );
  const messages = [reportBegin(NOWHERE, report), ...reportChunks(report.payload)];
  const encoded = messages.map((message) => ({
    type: message.type,
    bytes: encodeClientMessage(message),
  }));
  return { plan, summary, refused: undefined, unmet, messages: encoded };
}
