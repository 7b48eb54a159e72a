/**
 * What a round of federated learning is, and what it comes to: pure state machines, exact
 * aggregation and the server step. Servers and simulators run the same code. Nothing in this
 * package reads a clock, opens a socket or touches a store.
 */
export { AccumulatorMemory } from "./aggregation/accumulator-memory.ts";
export type {
  AggregationRule,
  CheckedUpdate,
  CombinedUpdate,
  PartialSum,
  SumRule,
} from "./aggregation/aggregation-rule.ts";
export { checkAggregationMemory } from "./aggregation/check-aggregation-memory.ts";
export { createAggregationRule, createSumRule } from "./aggregation/create-aggregation-rule.ts";
export { MAX_KERNEL_CONTRIBUTION } from "./aggregation/exact-accumulator.ts";
export type { ExactSums } from "./aggregation/exact-sums.ts";
export { ExactTotal } from "./aggregation/exact-total.ts";
export { keepsSumsOnly } from "./aggregation/rule-implementations.ts";
export type { YieldTurn } from "./aggregation/time-slice.ts";
export { localAdders, type OpenAdder, type UpdateAdder } from "./aggregation/update-adder.ts";
export { updateForm, type AdderSpec, type UpdateForm } from "./aggregation/update-form.ts";
export type { Collection, MemberOffer } from "./collection/collection.ts";
export { detailOf, type MetricDetail, type Percentiles } from "./collection/metric-detail.ts";
export { openCollection, type CollectionDeps } from "./collection/open-collection.ts";
export { reportWeight, type WeightingTerms } from "./collection/report-weight.ts";
export {
  checkReportHeader,
  type Report,
  type ReportForm,
  type ReportHeader,
} from "./collection/report.ts";
export type { Measurement } from "./collection/round-measures.ts";
export { Cohort } from "./member/cohort.ts";
export { NO_FATES, sumOfFates, totalOf, type RoundFates } from "./member/fates.ts";
export {
  SELECTED,
  isAtWork,
  stepMember,
  type MemberEvent,
  type MemberState,
  type WorkStage,
} from "./member/member.ts";
export { TurnQueue, type TurnClaim } from "./member/turn-queue.ts";
export { uploadTimeMs } from "./member/upload-pace.ts";
export { ClientsAway, type AwayClient } from "./rounds/clients-away.ts";
export { checkCohortFloor, withoutSmallCohort } from "./rounds/cohort-floor.ts";
export { CommonRefusal } from "./rounds/common-refusal.ts";
export { nextRound, type NextRound } from "./rounds/next-round.ts";
export {
  combineNeeds,
  MAX_RETURN_MS,
  nextWindowMs,
  returnAfterMs,
  returnAfterRestartMs,
  type PaceNeeds,
} from "./rounds/pace-steering.ts";
export { ROUND_KINDS, makesCheckpoint, type RoundKind } from "./rounds/round-kind.ts";
export {
  cohortSize,
  deadlineOf,
  openRound,
  stepRound,
  takesReports,
  type AbandonReason,
  type CancelReason,
  type RoundEffect,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
} from "./rounds/round.ts";
export { checkScheduleOpens, closesAtMs } from "./rounds/schedule.ts";
export { SeatDebts } from "./rounds/seat-debts.ts";
export { Tally } from "./rounds/tally.ts";
export {
  TaskHistory,
  type BestMeasurement,
  type TaskEndReason,
  type TaskScore,
} from "./rounds/task-history.ts";
export { modelTerms, type ModelState, type ModelTerms } from "./server-step/model-state.ts";
export { decodeMemory, encodeMemory } from "./server-step/optimizer-memory.ts";
export { packInitialState, roundingOf, type PackingDeps } from "./server-step/pack-state.ts";
export type { OptimizerMemory, ServerOptimizer, Stretch } from "./server-step/server-optimizer.ts";
export { serverOptimizer } from "./server-step/server-optimizers.ts";
export { serverStep } from "./server-step/server-step.ts";
