import { basesToReport, metricsFromBases, type Clock, TributaryError } from "@tributary/protocol";
import type { ConditionalWork } from "../conditions/eligibility.ts";
import { abortable, aborted } from "../runtime/abort.ts";
import { nextMacrotask } from "../runtime/event-loop-break.ts";
import type { PauseGate } from "../runtime/pause-gate.ts";
import { withinSeconds } from "../runtime/within-seconds.ts";
import type { Incoming } from "../session/session.ts";
import { brokenFloor, checkEnough, checkSteps } from "../trust/floors/check-floors.ts";
import type { ClientFloors } from "../trust/floors/client-floors.ts";
import type { PlanApproval } from "../trust/plan-approval.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import { loadTable, withExamples, type AppExamples, type OfferedExamples } from "./app-examples.ts";
import { prepareEvaluation } from "./evaluation-report.ts";
import type { EventSink } from "./event-stream.ts";
import { personalWeights } from "./local-layers.ts";
import { prepareReport, type PreparedReport, type TrainingDeps } from "./prepared-report.ts";
import { throttleProgress } from "./progress-throttle.ts";

/** What a member needs for its work on the device, between the download and the report. */
export interface LocalWorkDeps extends TrainingDeps, AppExamples {
  /** What the client offered at check-in, which a report may not exceed. */
  readonly offered: OfferedExamples;
  readonly clock: Clock;
  /** The app's minimum rules, some of which are about the work. */
  readonly floors: ClientFloors;
  /** Stops the work when the device no longer meets the conditions of its plan. */
  readonly eligibility: ConditionalWork;
  /** What the app says to the plans that it is shown. */
  readonly approval: PlanApproval;
  readonly events: EventSink;
  /** Holds the work while the app has paused the client. */
  readonly gate: PauseGate;
}

/**
 * The server's message that makes the client a member of a round, with the delivery that follows.
 */
export type Configuration = Extract<Incoming, { type: "roundConfiguration" }>;

/** For which round the work is done, and what it is. */
export type RoundOfWork = Pick<Configuration, "roundId" | "roundNumber" | "purpose">;

/**
 * Does everything between the model and the encoded report: evaluates, counts or trains.
 * @param signal - Aborted when the round or the session has ended; no event is pushed after that.
 * @throws TributaryError `CONDITIONS_UNMET`; `ENGINE_UNAVAILABLE`; what the work itself throws; `ABORTED`.
 */
export async function workForRound(
  deps: LocalWorkDeps,
  round: RoundOfWork,
  model: VerifiedModel,
  signal: AbortSignal,
): Promise<PreparedReport> {
  // The work may keep the event loop busy. The server must have heard before that it begins, so that
  // it does not take the silence for that of a client that has gone.
  await abortable(nextMacrotask(), signal);
  return deps.eligibility.whileMet(model.plan, signal, (met) =>
    approvedWork(deps, round, model, met),
  );
}

/** Does the work, if the app approves of the plan. */
async function approvedWork(
  deps: LocalWorkDeps,
  round: RoundOfWork,
  model: VerifiedModel,
  signal: AbortSignal,
): Promise<PreparedReport> {
  const { approval, clock, events, floors, offered, trainer } = deps;
  const { purpose } = round;
  const exampleCount = purpose === "evaluation" ? offered.heldOutCount : offered.exampleCount;
  await approval.require(model.plan, { purpose, exampleCount }, signal);
  const { maximumSeconds: seconds } = floors;
  const exceeded = (): TributaryError =>
    brokenFloor(
      "maximumSeconds",
      `the work takes longer than the ${seconds} s that this client allows`,
    );
  const limit = { clock, seconds, signal, exceeded };
  const { statistics } = model.plan.plan;
  if (statistics !== undefined) {
    return withinSeconds(limit, (limited) =>
      countForRound(deps, round, model, limited, statistics.bins),
    );
  }
  if (trainer.choose !== undefined) {
    const choice = await abortable(trainer.choose(model.plan.plan), signal);
    events.push({ type: "engine-chosen", roundId: round.roundId, ...choice });
  }
  const work = purpose === "evaluation" ? evaluateForRound : trainForRound;
  return withinSeconds(limit, (limited) => work(deps, round, model, limited));
}

/**
 * Measures a round's checkpoint on the held-out examples.
 * @param signal - Aborted when the round or the session has ended; no event is pushed after that.
 * @throws TributaryError `EXAMPLES_INVALID` when the client has no held-out examples; those of
 *   `prepareEvaluation`.
 */
async function evaluateForRound(
  { heldOut, trainer, localLayers, offered, events, clock, floors, gate }: LocalWorkDeps,
  { roundId }: RoundOfWork,
  model: VerifiedModel,
  signal: AbortSignal,
): Promise<PreparedReport> {
  if (heldOut === undefined) {
    throw new TributaryError(
      "EXAMPLES_INVALID",
      "The server asks for an evaluation, but this client has no held-out examples",
      {
        remedy: "Give the client heldOut examples, or ask the operator why the server selected it.",
      },
    );
  }
  const { plan } = model.plan;
  const weights = personalWeights(model, localLayers);
  let startedMs = 0;
  const report = await withExamples(heldOut, trainer, plan.examples, signal, (examples) => {
    checkEnough(floors, examples.count);
    startedMs = clock.elapsedMs();
    return prepareEvaluation(trainer, {
      ...{ model, weights, examples, signal },
      hold: () => gate.hold(signal),
    });
  });
  if (signal.aborted) throw aborted();
  const { exampleCount, bases } = report;
  const metrics = {
    ...Object.fromEntries(report.metrics.map(({ name, value }) => [name, value])),
    ...metricsFromBases(plan.training.metrics, basesToReport(plan), bases),
  };
  const seconds = (clock.elapsedMs() - startedMs) / 1000;
  events.push({ type: "evaluated", roundId, metrics, exampleCount, seconds });
  return noMoreThan(offered.heldOutCount, report);
}

/**
 * Trains from a round's checkpoint and encodes the update.
 * @param signal - Aborted when the round or the session has ended; no event is pushed after that.
 * @throws TributaryError those of `loadExamples` and `prepareReport`.
 */
async function trainForRound(
  deps: LocalWorkDeps,
  { roundId, roundNumber }: RoundOfWork,
  model: VerifiedModel,
  signal: AbortSignal,
): Promise<PreparedReport> {
  const { trainer, events, clock, floors } = deps;
  const { plan } = model.plan;
  const report = await withExamples(deps.examples, trainer, plan.examples, signal, (examples) => {
    checkEnough(floors, examples.count);
    checkSteps(floors, plan, examples.count);
    const startedMs = clock.elapsedMs();
    return prepareReport(deps, {
      model,
      roundNumber,
      examples,
      signal,
      hold: () => deps.gate.hold(signal),
      onProgress: throttleProgress(clock, ({ epoch, epochs, batch, batches, loss }) => {
        if (signal.aborted) return;
        events.push({ type: "training", roundId, epoch, epochs, batch, batches, loss });
      }),
      onTrained: ({ metrics, steps, exampleCount }) => {
        if (signal.aborted) throw aborted();
        const seconds = (clock.elapsedMs() - startedMs) / 1000;
        events.push({ type: "trained", roundId, metrics, steps, exampleCount, seconds });
      },
    });
  });
  return noMoreThan(deps.offered.exampleCount, report);
}

/**
 * Counts what a statistics task asks for, in place of training.
 * @param signal - Aborted when the round or the session has ended; no event is pushed after that.
 * @throws TributaryError those of `loadTable` and `prepareStatistics`.
 */
async function countForRound(
  deps: LocalWorkDeps,
  { roundId, roundNumber }: RoundOfWork,
  model: VerifiedModel,
  signal: AbortSignal,
  bins: number,
): Promise<PreparedReport> {
  const { events, clock, floors } = deps;
  const table = await loadTable(deps.examples, signal);
  checkEnough(floors, table.rows.length);
  // Few tasks count.
  const { prepareStatistics } = await import("./statistics-report.ts");
  const startedMs = clock.elapsedMs();
  const report = await prepareStatistics(deps, { model, table, bins, roundNumber });
  if (signal.aborted) throw aborted();
  const { exampleCount } = report;
  const seconds = (clock.elapsedMs() - startedMs) / 1000;
  events.push({ type: "counted", roundId, exampleCount, seconds });
  return noMoreThan(deps.offered.exampleCount, report);
}

/**
 * The report as one of the examples that were offered. The app may have got more of them since, and
 * a report of more than was offered is refused.
 */
function noMoreThan(offered: number, report: PreparedReport): PreparedReport {
  return { ...report, exampleCount: Math.min(report.exampleCount, offered) };
}
